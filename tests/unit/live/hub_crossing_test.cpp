// A chat that grows beyond 500 people, or shrinks below, while somebody is away: they miss nothing, in whichever form it comes.
#include <algorithm>
#include <catch2/catch.hpp>
#include "live_world.hpp"

using namespace fechatter;
using namespace fechatter::live_test;

namespace {
// What a client that comes back knows of chat 3: the rev up to which it has all events, and the highest that it was told of.
struct Known {
  std::int64_t applied = 0, head = 0;
  void hear(const World& w, const Lines& lines) {
    for (const std::string& line : lines) {
      if (line.rfind("nudge 3 ", 0) == 0) head = std::max<std::int64_t>(head, std::stoll(line.substr(line.find("rev ") + 4)));
      if (line.find(" chat 3 ") == line.npos) continue;
      const std::int64_t rev = w.log[static_cast<std::size_t>(std::stoll(line)) - 1].rev;
      if (rev == applied + 1) applied = rev;
      head = std::max(head, rev);
    }
  }
};
std::int64_t head_rev(const World& w) {
  std::int64_t rev = 0;
  for (const LogEvent& e : w.log)
    if (e.stream == chat_stream(World::chat(3))) rev = e.rev;
  return rev;
}

struct Away : Crowd {
  std::shared_ptr<Ear> ear;
  Known known;
  std::string cursor;
  void go() {
    known.applied = known.head = head_rev(*this);
    cursor = cursor_at(head());
    hub().detach(connections[ear.get()]);
    loop.run_for(100);
  }
  Lines back() {
    loop.run_for(2000);  // no nudge of the live ones is still to come
    ear = listen(3, cursor);
    loop.run_for(600);
    Lines lines = ear->heard();
    known.hear(*this, lines);
    return lines;
  }
};
}  // namespace

TEST_CASE("a chat grows beyond 500 people while somebody is away: a nudge tells them how far it is") {
  Away w;
  w.leave(3, 400);
  w.start();
  w.ear = w.listen(3);
  w.go();
  w.tell(w.post(3, 1)), w.tell(w.join(3, 400)), w.tell(w.post(3, 1)), w.tell(w.post(4, 1));
  const Lines lines = w.back();
  CHECK(w.known.head == head_rev(w));
  CHECK(std::count_if(lines.begin(), lines.end(), [](const std::string& l) { return l.rfind("nudge 3", 0) == 0; }) == 1);
  CHECK(std::count_if(lines.begin(), lines.end(), [](const std::string& l) { return l.find("chat 4 message_posted") != l.npos; }) == 1);
  w.tell(w.post(3, 1));
  w.loop.run_for(600);
  w.known.hear(w, w.ear->heard());
  CHECK(w.known.head == head_rev(w));
}

TEST_CASE("a chat shrinks to 500 people while somebody is away: every event comes, also those from when it was large") {
  Away w;
  w.start();
  w.ear = w.listen(3);
  w.go();
  w.tell(w.post(3, 1)), w.tell(w.leave(3, 400)), w.tell(w.post(3, 1)), w.tell(w.edit(3, 1, 1));
  w.back();
  CHECK(w.known.applied == head_rev(w));
  w.tell(w.post(3, 1));
  w.known.hear(w, w.ear->heard());
  CHECK(w.known.applied == head_rev(w));
}

TEST_CASE("a chat grows beyond 500 people while a connection is live: the last full event and the first nudge leave no gap") {
  Away w;
  w.leave(3, 400);
  w.start();
  w.ear = w.listen(3);
  w.known.applied = w.known.head = head_rev(w);
  w.tell(w.post(3, 1));
  w.known.hear(w, w.ear->heard());
  CHECK(w.known.applied == head_rev(w));
  w.tell(w.join(3, 400)), w.tell(w.post(3, 1));
  w.loop.run_for(600);
  const Lines lines = w.ear->heard();
  CHECK(std::none_of(lines.begin(), lines.end(), [](const std::string& l) { return l.find("message_posted") != l.npos; }));
  w.known.hear(w, lines);
  CHECK(w.known.head == head_rev(w));
}
