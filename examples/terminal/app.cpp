#include "app.hpp"
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include "lookup.hpp"
#include "text.hpp"

namespace terminal {

int fail(const Error& e) {
  complain((e.field.empty() ? "" : e.field + ": ") + e.message + (e.retryable() ? " (try again)" : ""));
  return kRefused;
}

Client* App::open() {
  if (settings_.server.empty()) std::getline(std::ifstream(remembered()) >> std::ws, settings_.server);
  if (settings_.server.empty()) settings_.server = "http://127.0.0.1:8080";
  while (settings_.server.ends_with('/')) settings_.server.pop_back();
  auto client = Client::open(*runtime_, {settings_.server, settings_.home, {}, "terminal"});
  if (!client) return fail(client.error()), nullptr;
  client_ = std::move(*client);
  return client_.get();
}

std::string App::remembered() const { return settings_.home + "/server"; }

bool App::synced() {
  const bool done = static_cast<bool>(await<Done>([&](Completion<Done> c) { return client_->when_synced(std::move(c)); }));
  if (done) std::ofstream(remembered()) << settings_.server << '\n';
  return done;
}

void App::settle() {
  if (synced()) (void)await<Done>([&](Completion<Done> c) { return client_->when_sent(std::move(c)); });
  const ClientStatus s = client_->status();
  failed_ = s.failed, stuck_ = s.pending - s.failed;
}

int App::queued(bool behind) {
  if (!client_->me()) return fail({Code::unauthenticated, "queued, but the server has ended this session: log in again", {}});
  if (behind) complain("queued behind a message that was refused; see retry and discard");
  else if (client_->connection() == Connection::live) complain("queued; the rest is sent by the next command, such as sync");
  else complain("queued; it is sent when " + settings_.server + " can be reached");
  return kQueued;
}

// A refused message stays, and is counted; any other change that is refused is dropped, and leaves its error only. Where something had failed
// before, the client's answer may be of that: then the latest error is looked at.
int App::sent() {
  const auto before = client_->status().last_error;
  const auto result = await<Done>([&](Completion<Done> c) { return client_->when_sent(std::move(c)); });
  if (!result && (result.error().code == Code::unavailable || result.error().code == Code::unauthenticated)) return queued(false);
  if (!result && failed_ == 0) return fail(result.error());
  const ClientStatus now = client_->status();
  const bool news = now.last_error && (!before || before->message != now.last_error->message || before->code != now.last_error->code);
  if (now.failed > failed_) return fail(now.last_error ? *now.last_error : result ? Error{} : result.error());
  if (news && !now.last_error->retryable()) return fail(*now.last_error);
  return now.pending - now.failed > stuck_ ? queued(true) : kDone;
}

// True: nothing more will happen to any of them for now.
bool App::look(Timeline& timeline, std::map<MessageId, Fate>& fates) {
  bool stopped = false, all = true;
  timeline.drain();
  for (const TimelineItem& item : timeline.items()) {
    stopped = stopped || item.state == TimelineItem::State::failed;
    const auto it = fates.find(item.message.id);
    if (it == fates.end()) continue;
    it->second.behind = stopped && item.state == TimelineItem::State::waiting;
    if (item.state == TimelineItem::State::sent) it->second.state = Fate::State::sent;
    if (item.state == TimelineItem::State::failed) it->second.state = Fate::State::failed, it->second.error = item.error;
  }
  const ClientStatus s = client_->status();
  for (auto& [id, f] : fates) {
    if (f.state == Fate::State::queued && s.pending == 0) f.state = Fate::State::sent;  // and no longer in the timeline's window
    all = all && (f.state != Fate::State::queued || f.behind);
  }
  return all;
}
std::map<MessageId, App::Fate> App::fates(ChatId chat, const std::set<MessageId>& ids) {
  std::map<MessageId, Fate> fates;
  for (const MessageId& id : ids) fates[id] = {};
  const auto timeline = client_->timeline(chat);
  until([&] { return look(*timeline, fates); });
  return fates;
}

int App::verdict(const std::map<MessageId, Fate>& fates) {
  int worst = kDone;
  bool behind = false;
  for (const auto& [id, f] : fates) {
    if (f.state == Fate::State::failed) fail(f.error), complain("not sent: " + id.str() + "; see retry and discard"), worst = kRefused;
    else if (f.state == Fate::State::queued) behind = behind || f.behind, worst = worst == kRefused ? kRefused : kQueued;
  }
  return worst == kQueued ? queued(behind) : worst;
}

Result<ChatId> App::chat(const std::string& name, const std::string& workspace) { return chat_to_write_to(*this, name, workspace); }

namespace {
volatile sig_atomic_t g_ended = 0;
// While it lives, what is typed is not shown. A signal that ends the program ends what is being read first, and then the program, when all is as it
// was. Ctrl-Z is off: whoever came back from it would type for all to see.
class Silence {
 public:
  Silence() {
    ::tcgetattr(0, &loud_);
    for (std::size_t i = 0; i < std::size(kEnds); ++i) {
      struct sigaction end{};
      end.sa_handler = [](int signal) { g_ended = signal; };
      ::sigaction(kEnds[i], nullptr, &before_[i]);
      if (before_[i].sa_handler != SIG_IGN) ::sigaction(kEnds[i], &end, nullptr);
    }
    termios silent = loud_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO), silent.c_cc[VSUSP] = _POSIX_VDISABLE;
    ::tcsetattr(0, TCSAFLUSH, &silent);
  }
  ~Silence() {
    ::tcsetattr(0, TCSAFLUSH, &loud_);
    for (std::size_t i = 0; i < std::size(kEnds); ++i) ::sigaction(kEnds[i], &before_[i], nullptr);
    if (g_ended != 0) ::raise(g_ended);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  static constexpr int kEnds[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};
  termios loud_{};
  struct sigaction before_[std::size(kEnds)];
};
// False: the end of what is typed, or a signal. One that comes just before the wait does not interrupt it: no wait is long.
bool read_line(std::string& line) {
  for (pollfd input{0, POLLIN, 0}; g_ended == 0;) {
    if (::poll(&input, 1, 100) <= 0) continue;
    char c = 0;
    if (::read(0, &c, 1) != 1) return false;
    if (c == '\n') return true;
    line += c;
  }
  return false;
}
}  // namespace

Result<std::string> App::password(bool twice) {
  if (!settings_.password_file.empty()) {
    std::ifstream in(settings_.password_file);
    std::string line;
    if (!in) return Error{Code::invalid_argument, "cannot read " + settings_.password_file, {}};
    std::getline(in, line);
    if (line.ends_with('\r')) line.pop_back();  // of a file from another system
    if (line.empty()) return Error{Code::invalid_argument, "no password in the first line of " + settings_.password_file, {}};
    return line;
  }
  if (const char* text = std::getenv("FECHATTER_PASSWORD")) return std::string(text);
  if (!::isatty(0)) return Error{Code::invalid_argument, "a password is needed: --password-file, FECHATTER_PASSWORD or a terminal", {}};
  std::string first, second;
  bool given = false;
  {
    const Silence silence;
    std::fputs("Password: ", stderr), given = read_line(first);
    if (given && twice) std::fputs("\nAgain: ", stderr), given = read_line(second);
    std::fputc('\n', stderr);
  }
  if (!given) return Error{Code::invalid_argument, "no password was given", {}};
  if (twice && first != second) return Error{Code::invalid_argument, "the two passwords differ", {}};
  return first;
}

}  // namespace terminal
