// How far somebody has read: a register that only moves forward.
#pragma once
#include "sdk/core/catalog.hpp"

namespace fechatter {

struct ReadMarkRow {
  UserId user_id;
  ChatId chat_id;
  std::int64_t read_seq = 0;
  Position pos;
};
struct ReadMoved {
  ChatId chat_id;
  std::int64_t seq = 0;
};
struct MarkRead {
  ChatId chat_id;
  std::int64_t seq = 0;
};

/// head_seq − max(read_seq, visible_from − 1), never below 0.
std::int64_t unread_count(std::int64_t head_seq, std::int64_t read_seq, std::int64_t visible_from);

}  // namespace fechatter

FECHATTER_RECORD(fechatter::ReadMarkRow, "read_marks", FECHATTER_FIELD(user_id, .key = true), FECHATTER_FIELD(chat_id, .key = true),
                 FECHATTER_FIELD(read_seq, .merge = Merge::max), FECHATTER_FIELD(pos, .merge = Merge::max));
FECHATTER_RECORD(fechatter::ReadMoved, "read_moved", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(seq));
FECHATTER_RECORD(fechatter::MarkRead, "mark_read", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(seq));
