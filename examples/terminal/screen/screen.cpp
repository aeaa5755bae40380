#include "screen.hpp"
#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include <algorithm>
#include "../text.hpp"

namespace terminal {
namespace {
// What a terminal puts around a pasted text, once it has been asked to. Not a key of any terminal: behind those that curses numbers itself.
constexpr int kPasteBegins = 2000, kPasteEnds = 2001;
volatile sig_atomic_t g_end = 0;

// Whoever was not told by SIGHUP, because it is another's terminal or the signal was ignored.
bool terminal_gone() {
  pollfd input{STDIN_FILENO, 0, 0};
  return ::poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}
void ask_for_pastes(bool on) {
  std::fputs(on ? "\033[?2004h" : "\033[?2004l", stdout);
  std::fflush(stdout);
}
}  // namespace

Screen::Screen(App& app) : app_(app), list_(app.client().chats()) {
  list_->on_change([this] { dirty_ = true; });
  app.client().on_connection([this] { dirty_ = true; });
  app.client().on_typing([this](ChatId chat, UserId user, bool active) {
    if (chat != open_) return;
    if (active) typing_.insert(app_.client().name_of(user));
    else typing_.erase(app_.client().name_of(user));
    dirty_ = true;
  });
}

Result<Done> Screen::run(const volatile sig_atomic_t& end) {
  while (!end && !quit_ && !terminal_gone()) {
    // Who drains before the wake-up comes gets none: what was drained says that there is something to draw.
    dirty_ = !list_->drain().empty() || dirty_;
    if (!timeline_ && !list_->items().empty()) show(list_->items().front().id);
    if (timeline_) dirty_ = !timeline_->drain().empty() || dirty_, mark_read();
    if (std::exchange(dirty_, false)) draw();
    for (int key = 0; !quit_ && (key = ::getch()) != ERR;) press(key), dirty_ = true;
    app_.runtime().poll(std::chrono::steady_clock::now() + std::chrono::milliseconds(40));
  }
  return timeline_ ? app_.client().save_draft(open_, input_) : Done{};
}

// --- keys ---

void Screen::press(int key) {
  if (pasting_ || key == kPasteBegins) return paste(key);
  if (key == '\t' || key == KEY_DOWN) return step(1, false);
  if (key == KEY_UP || key == KEY_BTAB) return step(-1, false);
  if (key == 14) return step(1, true);  // Ctrl-N
  if (key == KEY_PPAGE) return page_up();
  if (key == KEY_NPAGE) return page_down();
  if (key == '\n' || key == KEY_ENTER) return enter();
  if (key == 21) return input_.clear();  // Ctrl-U
  if (key == KEY_BACKSPACE || key == 127 || key == 8) return erase_character();
  if (key >= 32 && key < 256) write(static_cast<char>(key));
}

// A pasted line break ends no message.
void Screen::paste(int key) {
  if (key == '\r') key = '\n';
  if (key == kPasteBegins || key == kPasteEnds) pasting_ = key == kPasteBegins;
  else if (key == '\n' || key == '\t' || (key >= 32 && key < 256 && key != 127)) input_ += static_cast<char>(key);
  while (!pasting_ && input_.ends_with('\n')) input_.pop_back();
}
void Screen::write(char c) {
  input_ += c;
  if (timeline_) timeline_->typing();
}
void Screen::erase_character() {
  while (!input_.empty() && (static_cast<unsigned char>(input_.back()) & 0xc0) == 0x80) input_.pop_back();
  if (!input_.empty()) input_.pop_back();
}

void Screen::step(int by, bool unread) {
  const auto& chats = list_->items();
  if (chats.empty()) return;
  std::size_t at = 0;
  for (std::size_t i = 0; i < chats.size(); ++i)
    if (chats[i].id == open_) at = i;
  if (at + 1 == chats.size() && !list_->complete()) list_->load_more();
  for (std::size_t n = 1; n <= chats.size(); ++n) {
    const std::size_t next = (at + chats.size() + (by > 0 ? n : chats.size() - n)) % chats.size();
    if (!unread || chats[next].unread > 0) return show(chats[next].id);
  }
}

void Screen::page_up() {
  scroll_ += LINES / 2;
  if (timeline_) older_ = timeline_->load_older([this](Result<std::size_t>) { dirty_ = true; });
}
void Screen::page_down() {
  if (scroll_ == 0 && timeline_ && timeline_->newer() != Timeline::Edge::end)
    newer_ = timeline_->load_newer([this](Result<std::size_t> more) {
      if (told(more)) scroll_ -= LINES / 2;  // from where the place is held to
    });
  else scroll_ = std::max(0, scroll_ - LINES / 2);
}

// --- what they do ---

void Screen::show(ChatId chat) {
  if (chat != open_ && timeline_) (void)told(app_.client().save_draft(open_, input_));
  if (chat != open_ && (timeline_ || input_.empty())) input_ = app_.client().draft(chat);
  open_ = chat, typing_.clear();
  follow();
}
// The open chat anew, at its newest message.
void Screen::follow() {
  timeline_ = app_.client().timeline(open_);
  timeline_->on_change([this] { dirty_ = true; });
  scroll_ = 0, place_.reset(), dirty_ = true;
}
void Screen::to_newest() {
  scroll_ = 0, place_.reset(), dirty_ = true;
  if (timeline_ && timeline_->newer() != Timeline::Edge::end) follow();
}

void Screen::mark_read() {
  if (scroll_ != 0) return;
  const auto& items = timeline_->items();
  const auto last = std::find_if(items.rbegin(), items.rend(), [](const TimelineItem& i) { return i.message.seq > 0; });
  if (last != items.rend()) timeline_->mark_read(last->message.seq);
}

void Screen::enter() {
  const std::string text = input_;
  if (text.starts_with('/') && !text.starts_with("//")) return command(text);
  if (!text.empty()) send(text.starts_with('/') ? text.substr(1) : text);
  to_newest();
}

// What could not be kept stays in the line.
void Screen::send(const std::string& body) {
  if (!timeline_) return note("no chat is open");
  const auto sent = app_.client().send(open_, repaired(body));
  if (!sent) return note("not kept: " + sent.error().message);
  input_.clear(), note("");
  forget_draft();
}
void Screen::forget_draft() {
  if (app_.client().draft(open_).empty()) return;
  if (const auto done = app_.client().save_draft(open_, ""); !done) note(done.error().message);
}

int run_screen(App& app) {
  if (!app.client().me()) return complain("not signed in; see fechatter --help"), kRefused;
  if (!::isatty(STDIN_FILENO) || !::isatty(STDOUT_FILENO)) return complain("the full screen needs a terminal; see fechatter --help"), kUsage;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::signal(signal, [](int) { g_end = 1; });
  if (!::initscr()) return kRefused;
  ::cbreak(), ::noecho(), ::keypad(stdscr, TRUE), ::nodelay(stdscr, TRUE), ::set_escdelay(25);
  ::define_key("\033[200~", kPasteBegins), ::define_key("\033[201~", kPasteEnds);
  ask_for_pastes(true);
  const Result<Done> kept = Screen(app).run(g_end);
  ask_for_pastes(false);
  ::endwin();
  return kept ? kDone : fail(kept.error());
}

}  // namespace terminal
