// Long poll: a connection whose frames are collected and answered, and which rests between two polls.
#include <algorithm>
#include "sdk/service/live/hub_impl.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kKept = 256;           // for the next answer; the oldest go
constexpr std::size_t kResting = 8;          // connections of one session that rest at the same time
constexpr std::size_t kWaiting = 8;          // those with a poll that waits
}  // namespace

bool PollSink::send(const SharedText& text) {
  texts.push_back(text);
  bytes_ += text->size();
  hub_.answer_soon(*connection);
  return true;
}

void PollSink::keep(Whisper w) {
  std::erase_if(kept, [&](const Whisper& k) { return k.chat == w.chat && k.user == w.user; });
  if (kept.size() >= kKept) kept.erase(kept.begin());
  kept.push_back(std::move(w));
}

void PollSink::clear() {
  turn.reset(), wait.reset();
  texts.clear();
  bytes_ = 0, answering = false;
}

std::uint64_t Hub::Impl::poll(PollRequest r, std::function<void(Result<PollPage>)> done) {
  const std::uint64_t number = ++polls;
  if (auto refused = refusal(r.session)) return later([done = std::move(done), error = *refused] { done(error); }), number;
  const SubscriberPtr c = continued(r);
  if (const Person* p = index.find(r.user); p && (!c || !c->poll->turn)) make_room(*p, r.session);
  if (c) return wake(*c, {std::move(r), std::move(done), number}), number;
  auto sink = std::make_shared<PollSink>(*this);
  AttachRequest attach{r.user, r.session, r.cursor, sink};
  sink->turn = {std::move(r), std::move(done), number};
  enter(std::move(attach), sink.get());
  return number;
}

// For one more that waits. Whoever holds as many has most likely given up on the oldest.
void Hub::Impl::make_room(const Person& p, SessionId session) {
  Subscriber* oldest = nullptr;
  std::size_t n = 0;
  for (const auto& c : p.connections) {
    if (!c->poll || !c->poll->turn || c->poll->answering || c->session != session) continue;
    ++n;
    if (!oldest || c->poll->turn->number < oldest->poll->turn->number) oldest = c.get();
  }
  if (n >= kWaiting) answer_soon(*oldest);
}

void Hub::Impl::end_poll(UserId user, std::uint64_t number) {
  const Person* p = index.find(user);
  if (!p) return;
  for (const auto& c : p->connections)
    if (c->poll && c->poll->turn && c->poll->turn->number == number) return answer_soon(*c);
}

// By its name even when an older poll still waits with it; otherwise one of the session that rests, the one that answered this cursor first.
SubscriberPtr Hub::Impl::continued(const PollRequest& r) const {
  SubscriberPtr found;
  const Person* p = index.find(r.user);
  if (!p) return found;
  for (const auto& c : p->connections) {
    if (!c->poll || c->session != r.session) continue;
    if (r.connection) {
      if (c->id.str() == *r.connection) return c;
    } else if (c->stage == Stage::resting) {
      if (r.cursor && *r.cursor == c->poll->answered) return c;
      found = c;
    }
  }
  return found;
}

// Who asks again has given up on the older poll. One that may not know the connection's name is told it (see hello).
void Hub::Impl::wake(Subscriber& c, PollSink::Turn turn) {
  PollSink& s = *c.poll;
  const PollRequest& r = turn.request;
  if (s.turn) respond(c);
  s.known = r.connection || (r.cursor && *r.cursor == s.answered);
  auto cursor = r.cursor;
  s.turn = std::move(turn);
  open(c, std::move(cursor));
}

void Hub::Impl::poll_ready(Subscriber& c) {
  PollSink& s = *c.poll;
  if (s.turn->request.wait_ms <= 0 || !s.kept.empty()) return answer_soon(c);
  if (s.texts.empty()) s.wait = ports.loop.after(s.turn->request.wait_ms, [this, &c] { answer_soon(c); });
}

// At the end of the turn: one commit's events come in one answer.
void Hub::Impl::answer_soon(Subscriber& c) {
  if (!c.poll->turn || std::exchange(c.poll->answering, true)) return;
  later([this, keep = c.shared_from_this(), sink = c.sink] {
    if (!keep->poll->answering) return;
    respond(*keep);
    if (keep->stage != Stage::closed) rest(*keep);
  });
}

void Hub::Impl::respond(Subscriber& c) {
  PollSink& s = *c.poll;
  auto page = std::make_shared<Result<PollPage>>(page_of(c));
  if (*page && c.at >= 0) s.answered = (*page)->cursor;  // else hello is still to come: the next poll is told the name
  later([done = std::move(s.turn->done), page] { done(std::move(*page)); });
  s.clear();
}

Result<PollPage> Hub::Impl::page_of(Subscriber& c) {
  PollSink& s = *c.poll;
  if (c.stage == Stage::live) {
    tell_owed(c);
    for (const Whisper& w : std::exchange(s.kept, {}))
      if (may_hear(*c.person, w)) s.texts.push_back(w.text);
    c.at = tail();
  }
  PollPage page;
  page.cursor = c.at >= 0 && ring.command_at(c.at) ? cursor_at(c.at) : s.turn->request.cursor.value_or("");
  if (page.cursor.empty()) return Error{Code::unavailable, "streams cannot be opened at the moment", {}, 1000};
  if (s.texts.empty()) s.texts.push_back(FrameText("cursor", page.cursor, to_json(CursorFrame{page.cursor})).as(Format::json));
  for (const SharedText& text : s.texts)
    if (Frame frame; !read_json(*text, frame, Reading::tolerant)) page.items.push_back(std::move(frame));
  return page;
}

// What happens meanwhile comes from the ring when the next poll says where it goes on; what is never stored is kept.
void Hub::Impl::rest(Subscriber& c) {
  set_stage(c, Stage::resting);
  SubscriberPtr longest;
  std::size_t n = 0;
  for (const auto& other : c.person->connections) {
    if (other->stage != Stage::resting || other->session != c.session) continue;
    ++n;
    if (!longest || other->since_ms < longest->since_ms) longest = other;
  }
  if (n > kResting) remove(*longest);
}

}  // namespace fechatter
