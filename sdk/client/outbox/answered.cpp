#include "sdk/client/outbox/answered.hpp"
#include "sdk/client/timeline/message.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kMost = 200;
bool waits(const OutboxRow& row) { return row.method == "delete_message" || row.method == "add_reaction" || row.method == "remove_reaction"; }
}  // namespace

bool Answered::add(const OutboxRow& row) {
  if (!waits(row)) return false;
  const auto held = desk_.cache->rows().get<MessageRow>(row.target);
  if (!held) return false;
  Message shown = message_of(*held, own_reactions(*desk_.cache, row.chat_id, desk_.self()));
  each(row.chat_id, [&](const OutboxRow& before) {
    if (before.target == row.target) (void)overlay(before, shown);
  });
  Message then = shown;
  if (!overlay(row, then) || then == shown) return false;
  list_.push_back({row, desk_.steady()});
  if (list_.size() > kMost) list_.pop_front();
  return true;
}

void Answered::met(const Batch& batch) {
  std::erase_if(list_, [&](const Entry& e) { return batch.own.contains(e.row.target) || batch.removed.contains(e.row.chat_id); });
}

std::set<ChatId> Answered::lapse() {
  std::set<ChatId> chats;
  std::erase_if(list_, [&](const Entry& e) {
    const bool old = desk_.steady() - e.since >= kWaitMs;
    if (old) chats.insert(e.row.chat_id);
    return old;
  });
  return chats;
}

}  // namespace fechatter
