// Who a message calls.
#pragma once
#include <string>
#include <string_view>
#include <vector>
#include "fechatter/ids.hpp"

namespace fechatter::text {

constexpr std::size_t kMaxMentionNames = 100;      ///< names and ids together; further ones are not looked at
constexpr std::size_t kMaxMentionNameBytes = 128;  ///< a longer name is nobody's

struct MentionNames {
  std::vector<std::string> names;  ///< through fold(), in order of appearance, each once; the caller finds whom they name
  std::vector<UserId> ids;
  bool everyone = false;  ///< @channel, @all, @everyone or @here
};

/// @name, @**Full Name**, <@user-id> outside of code. Not after a letter or digit ("me@example.org"), "/" or "_"; a CJK character
/// before it is fine. "\@name" is text.
MentionNames find_mentions(std::string_view body);

}  // namespace fechatter::text
