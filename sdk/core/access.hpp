// Membership, seen from a command: which rows it takes to know who may do this, and the answer.
#pragma once
#include "sdk/core/catalog.hpp"

namespace fechatter {

struct ChatRow;
struct MemberRow;
struct WorkspaceMemberRow;

/// The rows that `authorise` will read. `loaded`: null in the first round.
void access_needs(Keys&, Permission, const Type& command, const void* value, const Context&, WorkingSet* loaded);
std::optional<Error> authorise(WorkingSet&, Permission, const Type& command, const void* value, const Context&);

/// A field of the command by name and type; the nil id where the command has none.
template <class I> I id_field(const Type& type, const void* value, std::string_view name) {
  for (const Field& f : type.fields)
    if (f.name == name && f.type->kind == Kind::id) return *reinterpret_cast<const I*>(static_cast<const char*>(value) + f.offset);
  return {};
}

/// Point reads: chat membership, workspace membership, an active user. `error` says why not.
struct ChatAccess {
  const ChatRow* chat = nullptr;
  const MemberRow* member = nullptr;            ///< active, else null
  const WorkspaceMemberRow* workspace = nullptr;  ///< active, else null
};
ChatAccess chat_access(WorkingSet&, ChatId, UserId);
bool is_active(WorkingSet&, UserId);
/// conflict: the chat is archived. Nothing is said in it or about what was said, only taken away. The chat is there.
std::optional<Error> read_only(WorkingSet&, ChatId);

}  // namespace fechatter
