// A chat that somebody is in, as the server's query `memberships` says.
#pragma once
#include "fechatter/ids.hpp"
#include "sdk/describe/describe.hpp"

namespace fechatter::sim {
struct Membership {
  ChatId chat_id;
  std::int64_t visible_from = 1, head_rev = 0;
};
}  // namespace fechatter::sim
FECHATTER_RECORD(fechatter::sim::Membership, "membership", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(visible_from), FECHATTER_FIELD(head_rev));
