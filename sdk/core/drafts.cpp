#include "sdk/core/drafts.hpp"
#include "sdk/core/chats/chats.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {

std::int64_t Drafts::next_rev(const StreamId& stream) {
  for (auto it = effects.events.rbegin(); it != effects.events.rend(); ++it)
    if (it->stream == stream && it->rev > 0) return it->rev + 1;
  if (stream.kind == StreamKind::chat) {
    const auto* chat = set_.find<ChatRow>(stream.id);
    return (chat ? chat->head_rev : 0) + 1;
  }
  const auto* workspace = set_.find<WorkspaceRow>(stream.id);
  return (workspace ? workspace->head_rev : 0) + 1;
}

Event& Drafts::add(const StreamId& stream, Body body) {
  Event e;
  e.stream = stream, e.rev = next_rev(stream), e.body = std::move(body);
  return effects.events.emplace_back(std::move(e));
}

Event& Drafts::notify(const StreamId& stream, Body body) {
  Event e;
  e.stream = stream, e.body = std::move(body);
  return effects.events.emplace_back(std::move(e));
}

}  // namespace fechatter
