#include "fechatter/timeline.hpp"
#include "sdk/client/timeline/timeline_impl.hpp"

namespace fechatter {
namespace {
constexpr std::int64_t kTypingMs = 3000;  // said again at most this often

Error closed() { return {Code::closed, "the client is closed"}; }
bool same(const TimelineItem& a, const TimelineItem& b) {
  return a.state == b.state && a.message == b.message && a.author == b.author && a.gap_before == b.gap_before && a.error.code == b.error.code &&
      a.error.message == b.error.message;
}
}  // namespace

Timeline::Timeline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Timeline::~Timeline() {
  impl_->shared->list.wake->end();
  if (const auto core = impl_->core.lock()) core->with([&] { core->remove_timeline(impl_->model.lock()); });
}

void Timeline::on_change(std::function<void()> wake) { impl_->shared->list.wake->on_change(std::move(wake)); }
std::vector<Diff<TimelineItem>> Timeline::drain() {
  return impl_->shared->list.drain([](const TimelineItem& i) { return i.message.id; }, same);
}
const std::vector<TimelineItem>& Timeline::items() const { return impl_->shared->list.shown; }

Timeline::Edge Timeline::older() const {
  std::lock_guard lock(impl_->shared->mutex);
  return impl_->shared->older;
}
Timeline::Edge Timeline::newer() const {
  std::lock_guard lock(impl_->shared->mutex);
  return impl_->shared->newer;
}
bool Timeline::stale() const {
  std::lock_guard lock(impl_->shared->mutex);
  return impl_->shared->stale;
}

template <class T, class F> Handle Timeline::Impl::start(Completion<T> callback, F&& run) {
  const auto held = core.lock();
  auto p = held ? held->desk()->pending(std::move(callback)) : std::make_shared<Pending<T>>(app, std::move(callback));
  const bool ran = held && held->with([&] {
    if (const auto m = model.lock()) run(*m, p);
  });
  if (!ran)
    if (auto f = p->answer(closed())) app(std::move(f));
  return Handle(p);
}
Handle Timeline::load_older(Completion<std::size_t> loaded, std::size_t page) {
  return impl_->start<std::size_t>(std::move(loaded), [page](TimelineModel& m, const auto& p) { m.load_older(page, p); });
}
Handle Timeline::load_newer(Completion<std::size_t> loaded, std::size_t page) {
  return impl_->start<std::size_t>(std::move(loaded), [page](TimelineModel& m, const auto& p) { m.load_newer(page, p); });
}
Handle Timeline::load_around(MessageId id, Completion<Done> done) {
  return impl_->start<Done>(std::move(done), [id](TimelineModel& m, const auto& p) { m.load_around(id, p); });
}

void Timeline::mark_read(std::int64_t seq) {
  if (const auto core = impl_->core.lock()) (void)mark_read_in(*core, impl_->chat, seq);
}

void Timeline::typing() {
  const auto core = impl_->core.lock();
  if (core)
    core->with([&] {
      const std::int64_t now = core->desk()->steady();
      auto [it, fresh] = core->typed_at.try_emplace(impl_->chat, now);
      if ((!fresh && now - it->second < kTypingMs) || !core->follower().online()) return;
      it->second = now;
      if (auto call = api_call("set_typing", to_json(SetTyping{impl_->chat, true})))
        core->session().ask(*call, {}, [](const Judgement&, const std::string&) {});
    });
}

}  // namespace fechatter
