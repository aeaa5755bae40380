#include "sdk/client/chats/chat_list_impl.hpp"

namespace fechatter {

ChatList::ChatList(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ChatList::~ChatList() {
  impl_->view->wake->end();
  impl_->view.reset();
  if (const auto core = impl_->core.lock()) core->with([&] { core->turn(); });  // it is looked at no longer
}
void ChatList::on_change(std::function<void()> wake) { impl_->view->wake->on_change(std::move(wake)); }
std::vector<Diff<ChatSummary>> ChatList::drain() {
  return impl_->view->drain([](const ChatSummary& c) { return c.id; }, [](const ChatSummary& a, const ChatSummary& b) { return a == b; });
}
void ChatList::load_more(std::size_t n) {
  const auto core = impl_->core.lock();
  if (core)
    core->with([&] {
      impl_->view->size += std::min(n, SIZE_MAX / 2 - impl_->view->size);
      core->book().publish(*impl_->view), core->turn();
    });
}
bool ChatList::complete() const { return impl_->view->complete; }
const std::vector<ChatSummary>& ChatList::items() const { return impl_->view->shown; }

}  // namespace fechatter
