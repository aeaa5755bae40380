#include "sdk/core/chats/chats.hpp"
#include "sdk/core/fold.hpp"
#include "sdk/core/workspaces/workspaces.hpp"

namespace fechatter {

void apply(WorkingSet& set, const Event& e) {
  if (const EventEntry* entry = find_event(e.stream.kind, e.body.type)) entry->apply(set, e, e.body.value.get());
  if (e.rev == 0) return;
  if (e.stream.kind == StreamKind::chat) {
    if (auto* chat = set.edit<ChatRow>(e.rev, e.stream.id)) {
      chat->head_rev = e.rev, chat->head_pos = e.pos;
      if (e.seq > 0) chat->head_seq = e.seq, chat->last_at = e.at;
    }
  } else if (e.stream.kind == StreamKind::workspace) {
    if (auto* workspace = set.edit<WorkspaceRow>(e.rev, e.stream.id)) workspace->head_rev = e.rev, workspace->head_pos = e.pos;
  }
}

}  // namespace fechatter
