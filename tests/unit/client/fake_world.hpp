// A client on a loop that the test turns, with a scripted server behind the HTTP port.
#pragma once
#include <unistd.h>
#include <deque>
#include <filesystem>
#include <map>
#include "fechatter/client.hpp"
#include "sdk/client/client_core.hpp"
#include "sdk/core/live/live.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/reads/reads.hpp"
#include "sdk/protocol/cursor.hpp"
#include "sdk/runtime/system.hpp"
#include "tests/support/crash_disk.hpp"

namespace fechatter {

class FakeLoop : public Loop, public Clock {
 public:
  void post(std::function<void()> run) override { queue_.push_back(std::move(run)); }
  Timer after(std::int64_t ms, std::function<void()> run) override {
    auto e = std::make_shared<Entry>();
    e->run = std::move(run);
    timers_.emplace(now_ + std::max<std::int64_t>(ms, 0), e);
    return Timer(e);
  }
  bool on_thread() const override { return true; }
  Time now() override { return {1'700'000'000'000 + now_}; }
  std::int64_t steady_ms() override { return now_; }
  void drain() {
    for (int n = 0; n < 200000 && !queue_.empty(); ++n) {
      auto run = std::move(queue_.front());
      queue_.pop_front();
      run();
    }
  }
  /// Lets that much time pass.
  void pass(std::int64_t ms) {
    const std::int64_t until = now_ + ms;
    drain();
    while (!timers_.empty() && timers_.begin()->first <= until) {
      now_ = std::max(now_, timers_.begin()->first);
      auto e = timers_.begin()->second;
      timers_.erase(timers_.begin());
      if (auto run = std::exchange(e->run, {})) run();
      drain();
    }
    now_ = until;
  }

 private:
  struct Entry : Timer::Entry {
    void cancel() override { run = {}; }
    std::function<void()> run;
  };
  std::deque<std::function<void()>> queue_;
  std::multimap<std::int64_t, std::shared_ptr<Entry>> timers_;
  std::int64_t now_ = 0;
};

class FakeRandom : public Random {
 public:
  void fill(void* bytes, std::size_t size) override {
    for (std::size_t i = 0; i < size; ++i)
      static_cast<unsigned char*>(bytes)[i] = static_cast<unsigned char>((state_ = state_ * 6364136223846793005u + 1442695040888963407u) >> 56);
  }

 private:
  std::uint64_t state_ = 42;
};

class FakeHttp : public Http {
 public:
  explicit FakeHttp(FakeLoop& loop) : loop_(loop) {}
  using Answer = std::function<std::optional<HttpResponse>(const HttpRequest&)>;
  Answer answer;                                  ///< nullopt: no connection
  std::vector<std::string> log;                   ///< "POST /path" in order
  std::vector<HttpRequest> requests;
  std::deque<std::function<void()>> held;         ///< answers that wait, while holding
  std::function<bool(const HttpRequest&)> holds;

  struct Call : HttpCall {
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    ~Call() override { *alive = false; }
  };
  std::unique_ptr<HttpCall> request(HttpRequest r, std::function<void(Result<HttpResponse>)> done) override {
    auto call = std::make_unique<Call>();
    const auto path = r.url.substr(r.url.find("/api/v1") + 7);
    log.push_back(r.method + " " + path);
    requests.push_back(r);
    auto got = answer(r);
    auto run = [alive = call->alive, got = std::move(got), done = std::move(done)] {
      if (!*alive) return;
      if (got) done(*got);
      else done(Error{Code::unavailable, "no connection"});
    };
    if (holds && holds(r)) held.push_back(std::move(run));
    else loop_.post(std::move(run));
    return call;
  }
  std::unique_ptr<HttpCall> stream(HttpRequest r, HttpStreamHandlers h) override {
    auto call = std::make_unique<Call>();
    const auto path = r.url.substr(r.url.find("/api/v1") + 7);
    log.push_back(r.method + " " + path);
    stream_alive = call->alive, handlers = std::make_shared<HttpStreamHandlers>(std::move(h));
    ++streams;
    loop_.post([this, alive = call->alive, keep = handlers] {
      if (!*alive) return;
      if (!online) return keep->on_end(Error{Code::unavailable, "no connection"});
      keep->on_head(stream_status, {});
      if (stream_status != 200) return keep->on_end(Done{});
      if (on_stream) on_stream();
    });
    return call;
  }
  void push(const std::string& event, const std::string& data, const std::string& id = {}) {
    const std::string text = "event: " + event + "\n" + (id.empty() ? "" : "id: " + id + "\n") + "data: " + data + "\n\n";
    loop_.post([alive = stream_alive, keep = handlers, text] {
      if (*alive) keep->on_data(text);
    });
  }
  void cut() {
    loop_.post([alive = stream_alive, keep = handlers] {
      if (*alive) keep->on_end(Error{Code::unavailable, "cut"});
    });
  }
  bool online = true;
  int streams = 0, stream_status = 200;
  std::function<void()> on_stream;
  std::shared_ptr<bool> stream_alive;
  std::shared_ptr<HttpStreamHandlers> handlers;

 private:
  FakeLoop& loop_;
};

template <class I> I made(std::uint8_t n) {
  I id;
  id.bytes[6] = 0x70, id.bytes[8] = 0x80, id.bytes[15] = n;
  return id;
}

/// A server that knows one chat of one workspace, keeps its history in memory and answers like the real one.
class FakeWorld {
 public:
  UserId me = made<UserId>(1), other = made<UserId>(2);
  WorkspaceId space = made<WorkspaceId>(3);
  ChatId chat = made<ChatId>(4);
  FakeLoop loop;
  FakeRandom random;
  FakeHttp http{loop};
  SystemFiles files;
  NullLog log;
  std::unique_ptr<sim::CrashDisk> disk;           ///< where files are when a test called on_a_small_disk()
  std::unique_ptr<Files> disk_files;
  std::string dir;
  std::unique_ptr<Client> client;

  // The server's state.
  std::vector<MessageView> messages;
  std::vector<EventView> events;                  ///< of the chat, dense revs
  std::int64_t position = 10;
  std::uint8_t epoch = 1;
  bool member = true, exists = true;
  std::int64_t read_seq = 0, visible_from = 0;
  bool resumes = false;
  bool direct = false;                            ///< the chat is one with `other`
  std::int32_t member_count = 2;
  int expired = 0;                                ///< that many requests answer 401
  std::function<std::optional<HttpResponse>(const HttpRequest&, const std::string& path)> first;

  FakeWorld() {
    static int n = 0;
    dir = (std::filesystem::temp_directory_path() / ("fechatter-client-" + std::to_string(::getpid()) + "-" + std::to_string(++n))).string();
    std::filesystem::remove_all(dir);
    http.answer = [this](const HttpRequest& r) { return serve(r); };
    http.on_stream = [this] { hello(); };
    created();
  }
  ~FakeWorld() {
    client.reset();
    loop.drain();
    std::filesystem::remove_all(dir);
  }
  Ports ports() {
    if (disk) return {&loop, &loop, &random, disk_files.get(), &http, &log, disk->vfs()};
    return {&loop, &loop, &random, &files, &http, &log, {}};
  }
  /// Before open(): a disk that can be full.
  void on_a_small_disk() {
    disk = std::make_unique<sim::CrashDisk>(7);
    disk->register_as("disk of " + dir);
    disk_files = disk->files();
  }
  Result<Done> open(Hold hold = Hold::recent) {
    auto c = open_client(ports(), {"http://fake", dir, {}, "test", hold});
    if (!c) return c.error();
    client = std::move(*c);
    loop.drain();
    return Done{};
  }
  void sign_in() {
    client->sign_in("me@example.org", "password", [](Result<User>) {}).detach();
    settle();
  }
  void settle() { loop.pass(50); }
  /// Lets the answers go that were held.
  void release() {
    http.holds = {};
    for (auto& run : std::exchange(http.held, {})) loop.post(std::move(run));
    settle();
  }
  /// The device's file, behind everybody's back.
  Cache& cache();
  void start(Hold hold = Hold::recent) {
    (void)open(hold);
    sign_in();
  }
  std::string cursor(std::int64_t base) const {
    Cursor c;
    c.epoch.bytes[0] = epoch, c.base = base;
    return encode_cursor(c);
  }
  void hello() { http.push("hello", to_json(HelloFrame{cursor(position), "c", loop.now(), 15000, resumes})); }

  std::int64_t head_rev() const { return static_cast<std::int64_t>(events.size()); }
  /// Something happens; `deliver`: a frame tells the client.
  template <class E> void happen(E body, UserId actor, std::int64_t seq = 0, bool deliver = true) {
    EventView v{stream_text(chat_stream(chat)), head_rev() + 1, {}, std::string(type_of<E>.name), loop.now(), actor, {to_json(body)}};
    if (seq > 0) v.seq = seq;
    events.push_back(v);
    ++position;
    if (deliver && http.handlers) http.push("event", to_json(v), cursor(position));
  }
  MessageId next_message() const {
    const std::size_t n = 100 + messages.size();
    auto id = made<MessageId>(static_cast<std::uint8_t>(n));
    id.bytes[14] = static_cast<std::uint8_t>(n >> 8);
    return id;
  }
  MessageView& post(const std::string& body, UserId author, bool deliver = true, MessageId id = {}) {
    MessageView m{id ? id : next_message(), chat, static_cast<std::int64_t>(messages.size()) + 1, head_rev() + 1, author, body};
    m.created_at = loop.now();
    messages.push_back(m);
    happen(MessagePosted{m}, author, m.seq, deliver);
    return messages.back();
  }
  void edit(std::size_t index, const std::string& body, bool deliver = true) {
    MessageView& m = messages[index];
    m.body = body, m.rev = head_rev() + 1, m.edited_at = loop.now();
    happen(MessageEdited{m}, m.author_id, 0, deliver);
  }
  void notify(const std::string& type, const std::string& payload) {
    EventView v{stream_text(user_stream(me)), 0, {}, type, loop.now(), other, {payload}};
    ++position;
    http.push("event", to_json(v), cursor(position));
  }
  std::size_t asked(const std::string& prefix) const {
    return static_cast<std::size_t>(
        std::count_if(http.log.begin(), http.log.end(), [&](const std::string& l) { return l.compare(0, prefix.size(), prefix) == 0; }));
  }
  std::vector<std::string> bodies() const {
    std::vector<std::string> out;
    for (const Message& m : client->held(chat)) out.push_back(m.body);
    return out;
  }
  static HttpResponse json(int status, const std::string& body) { return {status, {}, body}; }
  static HttpResponse error(int status, Code code) {
    return json(status, "{\"error\":{\"code\":\"" + std::string(code_name(code)) + "\",\"message\":\"scripted\",\"retryable\":false,\"request_id\":\"r\"}}");
  }
  ChatView view() const {
    ChatView v{chat, space, ChatKind::public_channel, "general", "", false, History::all, ChatRole::member};
    v.head_seq = static_cast<std::int64_t>(messages.size()), v.head_rev = head_rev(), v.read_seq = read_seq, v.member_count = member_count, v.visible_from = visible_from;
    if (direct) v.kind = ChatKind::direct, v.name = {}, v.peer_id = other;
    if (!messages.empty()) v.last_message = messages.back(), v.last_at = messages.back().created_at;
    return v;
  }
  std::optional<HttpResponse> serve(const HttpRequest& r);

 private:
  void created() {
    ChatCreated c{chat, space, ChatKind::public_channel, "general", "", History::all, {}, loop.now(), "h"};
    happen(c, other, 0, false);
  }
  HttpResponse session();
  HttpResponse sync(const std::string& query);
  HttpResponse page(const std::string& query);
};

}  // namespace fechatter
