// Long poll: the same frames as a stream, collected and answered.
#include "sdk/service/live/hub_impl.hpp"

namespace fechatter {

bool PollSink::send(const SharedText& text) {
  texts.push_back(text);
  bytes_ += text->size();
  hub_.answer_soon(*this);
  return true;
}

void Hub::Impl::poll(PollRequest r, std::function<void(Result<PollPage>)> done) {
  auto sink = std::make_shared<PollSink>(*this, r, std::move(done));
  auto c = attach({r.user, r.session, r.cursor, sink}, sink.get());
  if (c) sink->connection = std::move(*c);
  else later([sink, error = c.error()] { sink->done(error); });
}

void Hub::Impl::poll_ready(PollSink& s) {
  if (s.request.wait_ms <= 0) return answer_soon(s);
  if (s.texts.empty()) s.wait = ports.loop.after(s.request.wait_ms, [this, &s] { answer_soon(s); });
}

// At the end of the turn: one commit's events come in one answer.
void Hub::Impl::answer_soon(PollSink& s) {
  if (std::exchange(s.answering, true)) return;
  later([this, keep = s.connection->sink, &s] { answer(s); });
}

void Hub::Impl::answer(PollSink& s) {
  const SubscriberPtr c = std::exchange(s.connection, nullptr);
  PollPage page;
  if (c->stage == Stage::live)
    for (const NudgeFrame& n : pending_nudges(*c)) s.texts.push_back(FrameText("nudge", {}, to_json(n)).as(Format::json));
  for (const SharedText& text : s.texts)
    if (Frame frame; !read_json(*text, frame, Reading::tolerant)) page.items.push_back(std::move(frame));
  remove(*c);
  page.cursor = c->at >= 0 && ring.command_at(c->at) ? cursor_at(c->at) : s.request.cursor.value_or("");
  if (page.cursor.empty()) return s.done(Error{Code::unavailable, "streams cannot be opened at the moment", {}, 1000});
  s.done(std::move(page));
}

}  // namespace fechatter
