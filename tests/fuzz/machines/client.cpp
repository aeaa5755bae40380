// The whole client (session, outbox, follower, pages, views) against a server whose answers and frames come late, twice, cut, or not at
// all; with an odd first byte also false. What is sent arrives once and in order, and no timeline shows a gap as history.
#include <algorithm>
#include "tests/fuzz/engine/fuzz.hpp"
#include "tests/fuzz/world/values.hpp"
#include "tests/support/diffs.hpp"
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;

namespace {
using Image = std::vector<std::pair<std::string, std::string>>;  // files of a device that has signed in: making them takes longest

Image made_image() {
  FakeWorld w;
  w.on_a_small_disk();
  w.start();
  HOLDS(w.client->connection() == Connection::live);
  w.client.reset();
  w.loop.drain();
  Image image;
  for (const std::string& path : w.disk->paths())
    if (const auto bytes = w.disk_files->read(path)) image.emplace_back(path.substr(w.dir.size()), *bytes);
  return image;
}

class Play {
 public:
  explicit Play(fuzz::Input& input) : in(input), hostile(in.coin()) {
    static const Image image = made_image();
    w.on_a_small_disk();
    HOLDS(w.disk_files->create_directories(w.dir));
    for (const auto& [name, bytes] : image) HOLDS(w.disk_files->write_atomic(w.dir + name, bytes));
    w.http.answer = [this](const HttpRequest& r) { return answer(r); };
    open();
  }
  void step();
  void end();

 private:
  enum class Answer : std::uint8_t { right, lost_request, lost_answer, busy, not_ours };
  void open() {
    HOLDS(w.open(in.coin() ? Hold::all : Hold::recent));
    w.settle();
    if (w.client->connection() == Connection::signed_out) w.sign_in();
  }
  std::optional<HttpResponse> answer(const HttpRequest&);
  void happen();
  void use();
  void network();
  void look();
  void check_sent(bool settled);

  fuzz::Input& in;
  FakeWorld w;
  bool hostile, left_ = false;
  Answer next = Answer::right;
  std::string false_body;
  int false_status = 0;
  std::vector<MessageId> sent;
  std::unique_ptr<Timeline> timeline;
  std::vector<TimelineItem> copy;
};

std::optional<HttpResponse> Play::answer(const HttpRequest& r) {
  switch (std::exchange(next, Answer::right)) {
    case Answer::lost_request: return std::nullopt;
    case Answer::lost_answer: (void)w.serve(r); return std::nullopt;
    case Answer::busy: return FakeWorld::json(503, R"({"error":{"code":"unavailable","message":"busy","retryable":true,"retry_after_ms":700}})");
    case Answer::not_ours: return HttpResponse{false_status, {}, false_body};
    case Answer::right: break;
  }
  return w.serve(r);
}
void Play::happen() {
  const bool deliver = in.coin();
  switch (in.below(6)) {
    case 0:
    case 1:
    case 2:
      if (w.messages.size() < 100) w.post("text " + std::to_string(w.messages.size()), w.other, deliver);
      return;
    case 3:
      if (!w.messages.empty()) w.edit(in.below(w.messages.size()), "edit " + std::to_string(w.position), deliver);
      return;
    case 4:
      if (in.below(4) != 0) return;
      w.member = !w.member, left_ = true;
      if (!w.member) w.notify("chat_removed", to_json(ChatRemoved{w.chat}));
      return;
    default: w.resumes = in.coin();
  }
}
void Play::use() {
  Client& c = *w.client;
  switch (in.below(10)) {
    case 0:
    case 1:
    case 2:
      if (const auto id = c.send(w.chat, "mine " + std::to_string(sent.size()))) sent.push_back(*id);
      return;
    case 3: timeline = c.timeline(w.chat), copy.clear(); return;
    case 4:
      if (timeline) timeline->load_older([](Result<std::size_t>) {}, 1 + in.below(5)).detach();
      return;
    case 5: (void)c.mark_read(w.chat, in.byte()); return;
    case 6: return c.drop_history(w.chat);
    case 7: (void)c.search_local("text"), (void)c.save_draft(w.chat, "draft"); return;
    case 8:
      if (!w.messages.empty()) (void)c.react(w.messages[in.below(w.messages.size())].id, "+1", in.coin());
      return;
    default:
      timeline.reset(), copy.clear();
      w.client.reset();
      w.loop.drain();
      open();
  }
}
void Play::network() {
  switch (in.below(9)) {
    case 0: w.http.online = !w.http.online; return;
    case 1:
      if (w.http.handlers) w.http.cut();
      return;
    case 2: next = static_cast<Answer>(1 + in.below(3)); return;
    case 3: w.http.holds = [](const HttpRequest&) { return true; }; return;
    case 4: {  // what was held comes in another order
      w.http.holds = {};
      auto held = std::exchange(w.http.held, {});
      while (!held.empty()) {
        const auto at = held.begin() + static_cast<std::ptrdiff_t>(in.below(std::min<std::size_t>(held.size(), 256)));
        w.loop.post(std::move(*at)), held.erase(at);
      }
      return;
    }
    case 5: w.expired = static_cast<int>(in.below(3)); return;
    case 6:
      if (hostile) next = Answer::not_ours, false_status = 100 * static_cast<int>(1 + in.below(5)) + static_cast<int>(in.below(32)), false_body = in.text();
      return;
    case 7:
      if (!hostile || !w.http.handlers) return;
      w.loop.post([alive = w.http.stream_alive, keep = w.http.handlers, text = std::string(in.text())] {
        if (*alive) keep->on_data(text);
      });
      return;
    default:
      if (hostile && w.http.handlers)
        w.http.push("event", in.coin() ? to_json(w.events[in.below(w.events.size())]) : std::string(in.text()), w.cursor(in.byte()));
  }
}
void Play::look() {
  if (!timeline) return;
  apply_diffs(copy, timeline->drain());
  const auto& items = timeline->items();
  HOLDS(std::equal(items.begin(), items.end(), copy.begin(), copy.end(),
                   [](const TimelineItem& a, const TimelineItem& b) { return a.message == b.message && a.state == b.state && a.gap_before == b.gap_before; }));
  const TimelineItem* before = nullptr;
  std::set<MessageId> ids;
  for (const TimelineItem& i : items) {
    HOLDS(ids.insert(i.message.id).second);
    if (i.state != TimelineItem::State::sent) continue;
    if (before) HOLDS(i.message.seq > before->message.seq && (i.gap_before || i.message.seq == before->message.seq + 1));
    before = &i;
  }
}
// Each once, in the order in which they were sent; all of them, where nothing failed and nothing waits.
void Play::check_sent(bool settled) {
  std::vector<MessageId> arrived;
  for (const MessageView& m : w.messages)
    if (m.author_id == w.me) arrived.push_back(m.id);
  std::size_t at = 0;
  for (const MessageId& id : arrived) {
    const auto found = std::find(sent.begin() + static_cast<std::ptrdiff_t>(at), sent.end(), id);
    HOLDS(found != sent.end());
    at = static_cast<std::size_t>(found - sent.begin()) + 1;
  }
  if (settled) HOLDS(arrived.size() == sent.size());
}
void Play::step() {
  switch (in.below(4)) {
    case 0: happen(); break;
    case 1: use(); break;
    case 2: network(); break;
    default: w.loop.pass(in.coin() ? static_cast<std::int64_t>(in.below(200)) : static_cast<std::int64_t>(in.below(64)) * 1000);
  }
  if (in.coin()) w.loop.drain();
  look();
  check_sent(false);
}
// The weather clears.
void Play::end() {
  next = Answer::right, w.http.online = true, w.expired = 0, w.member = true, w.resumes = false;
  w.release();
  if (w.http.handlers) w.http.cut();
  w.loop.pass(200'000);
  look();
  if (hostile) return;
  for (int n = 0; n < 10 && w.client->connection() != Connection::live; ++n) w.loop.pass(4000);  // a stream without heartbeats ends now and then
  HOLDS(w.client->connection() == Connection::live);
  const ClientStatus status = w.client->status();
  HOLDS(status.failed > 0 || status.pending == 0);
  HOLDS(left_ || status.failed == 0);
  check_sent(status.failed == 0);
  for (const Message& m : w.client->held(w.chat)) {
    const auto& there = w.messages[static_cast<std::size_t>(m.seq - 1)];
    HOLDS(m.id == there.id && m.body == there.body);
  }
}
}  // namespace

FUZZ_TARGET(client) {
  fuzz::Input in(bytes);
  Play play(in);
  for (int n = 0; n < 40 && !in.empty(); ++n) play.step();
  play.end();
}
