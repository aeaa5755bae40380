// The full-screen client: chats left, the open chat right, one line to write in, an honest state line.
#include <curses.h>
#include <signal.h>
#include <algorithm>
#include <clocale>
#include <map>
#include <set>
#include <sstream>
#include "app.hpp"
#include "text.hpp"

namespace terminal {
namespace {
volatile sig_atomic_t g_end = 0;

// Bytes of `text` that fit `width` columns; every code point but CJK counts one, CJK two.
std::size_t fitting(const std::string& text, int width) {
  std::size_t i = 0;
  int used = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    const int columns = lead >= 0xe3 ? 2 : 1;
    if (used + columns > width) break;
    used += columns, i += n;
  }
  return std::min(i, text.size());
}
// Further lines are indented: none of them looks like a message of its own.
std::vector<std::string> wrapped(const std::string& text, int width) {
  static const std::string indent(6, ' ');
  std::vector<std::string> lines;
  std::istringstream in(harmless(text));
  for (std::string line; std::getline(in, line);) {
    do {
      const bool more = !lines.empty();
      const std::size_t n = std::max<std::size_t>(1, fitting(line, more ? width - static_cast<int>(indent.size()) : width));
      lines.push_back((more ? indent : "") + line.substr(0, n)), line.erase(0, n);
    } while (!line.empty());
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

class Screen {
 public:
  explicit Screen(App& app) : app_(app), list_(app.client().chats()) {
    list_->on_change([this] { dirty_ = true; });
    app.client().on_connection([this] { dirty_ = true; });
    app.client().on_typing([this](ChatId chat, UserId user, bool active) {
      if (chat != open_) return;
      if (active) typing_.insert(app_.client().name_of(user));
      else typing_.erase(app_.client().name_of(user));
      dirty_ = true;
    });
  }
  void run() {
    while (!g_end && !quit_) {
      // Who drains before the wake-up comes gets none: what was drained says that there is something to draw.
      dirty_ = !list_->drain().empty() || dirty_;
      if (!timeline_ && !list_->items().empty()) show(list_->items().front().id);
      if (timeline_) dirty_ = !timeline_->drain().empty() || dirty_, mark_read();
      if (std::exchange(dirty_, false)) draw();
      for (int key = 0; (key = ::getch()) != ERR;) press(key), dirty_ = true;
      app_.runtime().poll(std::chrono::steady_clock::now() + std::chrono::milliseconds(40));
    }
  }

 private:
  void show(ChatId chat) {
    if (timeline_) (void)app_.client().save_draft(open_, input_);
    open_ = chat, typing_.clear(), scroll_ = 0;
    input_ = app_.client().draft(chat);
    timeline_ = app_.client().timeline(chat);
    timeline_->on_change([this] { dirty_ = true; });
    dirty_ = true;
  }
  void mark_read() {
    if (scroll_ == 0)
      for (auto it = timeline_->items().rbegin(); it != timeline_->items().rend(); ++it)
        if (it->message.seq > 0) {
          timeline_->mark_read(it->message.seq);
          break;
        }
  }
  void step(int by, bool unread) {
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
  void press(int key) {
    if (key == '\t' || key == KEY_DOWN) return step(1, false);
    if (key == KEY_UP || key == KEY_BTAB) return step(-1, false);
    if (key == 14) return step(1, true);  // Ctrl-N
    if (key == KEY_PPAGE) {
      scroll_ += LINES / 2;
      if (timeline_) older_ = timeline_->load_older([this](Result<std::size_t>) { dirty_ = true; });
      return;
    }
    if (key == KEY_NPAGE) return void(scroll_ = std::max(0, scroll_ - LINES / 2));
    if (key == '\n' || key == KEY_ENTER) return enter();
    if (key == 21) return input_.clear();  // Ctrl-U
    if (key == KEY_BACKSPACE || key == 127 || key == 8) {
      while (!input_.empty() && (static_cast<unsigned char>(input_.back()) & 0xc0) == 0x80) input_.pop_back();
      if (!input_.empty()) input_.pop_back();
    } else if (key >= 32 && key < 256) {
      input_ += static_cast<char>(key);
      if (timeline_) timeline_->typing();
    }
  }
  void enter() {
    std::string text;
    text.swap(input_);
    scroll_ = 0;
    if (text.empty()) return;
    if (text[0] == '/') return command(text.substr(1));
    if (!timeline_) return void(note_ = "no chat is open");
    auto sent = app_.client().send(open_, repaired(text));
    note_ = sent ? "" : "not kept: " + sent.error().message;
  }
  const TimelineItem* last_own() const {
    const auto me = app_.client().me();
    for (auto it = timeline_->items().rbegin(); timeline_ && it != timeline_->items().rend(); ++it)
      if (me && it->message.author_id == me->id && !it->message.deleted) return &*it;
    return nullptr;
  }
  void command(const std::string& line) {
    std::istringstream in(line);
    std::string verb, rest;
    in >> verb;
    std::getline(in >> std::ws, rest);
    note_.clear();
    const TimelineItem* own = timeline_ ? last_own() : nullptr;
    if (verb == "quit" || verb == "q") quit_ = true;
    else if (verb == "go" || verb == "join") go(rest);
    else if (verb == "leave") keep(app_.client().leave(open_, [this](Result<Done> r) { told(r); }));
    else if (verb == "new") make(rest);
    else if (verb == "edit" && own) told(app_.client().edit(own->message.id, repaired(rest)));
    else if (verb == "rm" && own) told(app_.client().remove(own->message.id));
    else if (verb == "retry" && own) told(app_.client().retry(own->message.id));
    else if (verb == "react" && timeline_ && !timeline_->items().empty()) told(app_.client().react(timeline_->items().back().message.id, repaired(rest)));
    else if (verb == "search") search(rest);
    else note_ = "/join CHAT, /leave, /new NAME, /edit TEXT, /rm, /react EMOJI, /search QUERY, /retry, /quit";
  }
  template <class T> void told(const Result<T>& r) { note_ = r ? "" : r.error().message, dirty_ = true; }
  void keep(Handle h) { handles_.push_back(std::move(h)); }
  void go(const std::string& name) {
    if (auto chat = app_.chat(name)) return show(*chat);
    note_ = "no such chat; to browse, see: fechatter join";
  }
  void make(const std::string& name) {
    auto chat = app_.client().create_chat({{}, ChatSummary::Kind::public_channel, repaired(name), {}, {}});
    if (chat) show(*chat);
    else note_ = chat.error().message;
  }
  void search(const std::string& query) {
    auto hits = app_.client().search_local(query, 20);
    if (!hits) return void(note_ = hits.error().message);
    if (hits->empty()) return void(note_ = "nothing found");
    show(hits->front().message.chat_id);
    keep(timeline_->load_around(hits->front().message.id, [this](Result<Done> r) { told(r); }));
    note_ = std::to_string(hits->size()) + " found, the newest is shown";
  }

  void draw() {
    ::erase();
    const int side = std::min(28, COLS / 3), bottom = LINES - 2;
    draw_chats(side, bottom);
    if (timeline_) draw_messages(side + 2, COLS - side - 3, bottom);
    draw_state(bottom);
    const std::string prompt = "> " + one_line(input_);
    std::string shown = prompt;
    while (fitting(shown, COLS - 2) < shown.size()) shown.erase(0, fitting(shown, 1) ? fitting(shown, 1) : 1);
    mvaddstr(LINES - 1, 0, shown.c_str());
    ::refresh();
  }
  void draw_chats(int side, int bottom) {
    int row = 0;
    const auto& chats = list_->items();
    const auto open = std::find_if(chats.begin(), chats.end(), [&](const ChatSummary& c) { return c.id == open_; }) - chats.begin();
    const auto first = open < bottom || open == static_cast<std::ptrdiff_t>(chats.size()) ? 0 : open - bottom + 1;  // the open chat stays in sight
    for (auto at = chats.begin() + first; at != chats.end() && row < bottom; ++at) {
      const ChatSummary& c = *at;
      const bool channel = c.kind == ChatSummary::Kind::public_channel || c.kind == ChatSummary::Kind::private_channel;
      std::string text = (c.mentions > 0 ? "@ " : c.unread > 0 ? "* " : "  ") + std::string(channel ? "#" : "") + one_line(c.name);
      if (c.unread > 0) text += " (" + std::to_string(c.unread) + ")";
      if (c.id == open_) attron(A_REVERSE);
      if (c.unread > 0) attron(A_BOLD);
      mvaddstr(row++, 0, text.substr(0, fitting(text, side)).c_str());
      attroff(A_REVERSE | A_BOLD);
    }
    for (int y = 0; y < bottom; ++y) mvaddch(y, side, ACS_VLINE);
  }
  void draw_messages(int x, int width, int bottom) {
    struct Line {
      std::string text;
      int look;
    };
    std::vector<Line> lines;
    std::string day;
    for (const TimelineItem& item : timeline_->items()) {
      if (item.gap_before) lines.push_back({"··· older messages are not loaded (PgUp) ···", A_DIM});
      if (const std::string today = time_text(item.message.created_at).substr(0, 10); today != day) lines.push_back({"── " + (day = today) + " ──", A_DIM});
      static constexpr const char* marks[] = {"", " …", " (waits)", " (not sent)"};
      const int look = item.state == TimelineItem::State::failed ? A_BOLD : item.state == TimelineItem::State::sent ? A_NORMAL : A_DIM;
      std::string text = clock_text(item.message.created_at) + ' ' + (item.author.empty() ? "?" : one_line(item.author)) + ": " +
          (item.message.deleted ? "(deleted)" : item.message.body);
      if (item.message.edited_at && !item.message.deleted) text += " (edited)";
      for (const Reaction& r : item.message.reactions) text += "  " + one_line(r.emoji) + ' ' + std::to_string(r.count);
      text += marks[static_cast<int>(item.state)];
      if (item.state == TimelineItem::State::failed) text += ": " + one_line(item.error.message);
      for (auto& part : wrapped(text, width)) lines.push_back({std::move(part), look});
    }
    scroll_ = std::clamp(scroll_, 0, std::max(0, static_cast<int>(lines.size()) - bottom));
    const int end = static_cast<int>(lines.size()) - scroll_, begin = std::max(0, end - bottom);
    for (int i = begin; i < end; ++i) {
      attron(lines[static_cast<std::size_t>(i)].look);
      mvaddstr(i - begin, x, lines[static_cast<std::size_t>(i)].text.c_str());
      attroff(A_BOLD | A_DIM);
    }
  }
  void draw_state(int row) {
    static constexpr const char* states[] = {"signed out", "offline: what you write is kept and sent later", "connecting", "catching up", "live"};
    const ClientStatus s = app_.client().status();
    std::string text = std::string(" ") + states[static_cast<int>(s.connection)];
    if (s.pending > 0) text += ", " + std::to_string(s.pending) + " not sent yet";
    if (s.failed > 0) text += ", " + std::to_string(s.failed) + " refused (/retry)";
    if (!typing_.empty()) text += "   " + one_line(*typing_.begin()) + (typing_.size() > 1 ? " and others write" : " writes") + " …";
    if (!note_.empty()) text += "   " + one_line(note_);
    attron(A_REVERSE);
    mvaddstr(
        row, 0,
        (text + std::string(static_cast<std::size_t>(COLS), ' ')).substr(0, fitting(text + std::string(static_cast<std::size_t>(COLS), ' '), COLS)).c_str());
    attroff(A_REVERSE);
  }

  App& app_;
  std::unique_ptr<ChatList> list_;
  std::unique_ptr<Timeline> timeline_;
  ChatId open_;
  std::string input_, note_;
  std::set<std::string> typing_;
  std::vector<Handle> handles_;
  Handle older_;
  int scroll_ = 0;
  bool dirty_ = true, quit_ = false;
};
}  // namespace

int run_screen(App& app) {
  if (!app.client().me()) return complain("not signed in; see fechatter --help"), kRefused;
  ::signal(SIGTERM, [](int) { g_end = 1; });
  ::signal(SIGINT, [](int) { g_end = 1; });
  ::signal(SIGHUP, [](int) { g_end = 1; });
  if (!::initscr()) return kRefused;
  ::cbreak(), ::noecho(), ::keypad(stdscr, TRUE), ::nodelay(stdscr, TRUE), ::set_escdelay(25);
  {
    Screen screen(app);
    screen.run();
  }
  ::endwin();
  return kDone;
}

}  // namespace terminal
