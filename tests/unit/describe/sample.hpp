// A description that uses every kind and every rule, for the tests of this folder.
#pragma once
#include "sdk/describe/json.hpp"

namespace sample {
using namespace fechatter;

enum class Role : std::uint8_t { owner, admin, member };
struct Member {
  UserId user_id;
  Role role = Role::member;
};
struct Nothing {};
struct Everything {
  UserId id;
  bool muted = false;
  std::int32_t count = 0;
  std::int64_t seq = 0;
  Position pos;
  std::string name;
  Time at;
  Role role = Role::member;
  std::optional<std::string> note;
  std::optional<Role> maybe_role;
  std::optional<Member> lead;
  std::vector<Member> members;
  std::vector<std::string> tags;
  std::vector<Role> roles;
  Json extra;
  std::optional<Json> more;
  Nothing nothing;
};
struct Request {
  ChatId chat_id;
  std::string body;
  std::int32_t limit = 50;
  std::vector<UserId> people;
  std::string secret;
  std::optional<Time> before;
};
struct Row {
  ChatId chat_id;
  std::string name;
  std::int32_t shard = 0;
  std::int64_t rev = 0;
  Position pos;
  std::int64_t read_seq = 0;
  std::optional<std::int64_t> best;
  std::string first_title;
  bool open = false;
  Role role = Role::member;
  Time at;
  std::optional<UserId> owner;
  std::vector<std::string> tags;
  std::string group;
};
struct Mark {
  UserId id;
};
}  // namespace sample

FECHATTER_CHOICE(sample::Role, "owner", "admin", "member");
FECHATTER_RECORD(sample::Member, "Member", FECHATTER_FIELD(user_id), FECHATTER_FIELD(role));
FECHATTER_RECORD(sample::Nothing, "Nothing");
FECHATTER_RECORD(sample::Everything, "Everything", FECHATTER_FIELD(id), FECHATTER_FIELD(muted), FECHATTER_FIELD(count), FECHATTER_FIELD(seq),
                 FECHATTER_FIELD(pos), FECHATTER_FIELD(name, .max = 20, .doc = "what \"people\" see"), FECHATTER_FIELD(at), FECHATTER_FIELD(role),
                 FECHATTER_FIELD(note), FECHATTER_FIELD(maybe_role), FECHATTER_FIELD(lead), FECHATTER_FIELD(members), FECHATTER_FIELD(tags),
                 FECHATTER_FIELD(roles), FECHATTER_FIELD(extra, .max = 200), FECHATTER_FIELD(more), FECHATTER_FIELD(nothing));
FECHATTER_RECORD(sample::Request, "Request", FECHATTER_FIELD(chat_id), FECHATTER_FIELD(body, .max = 10, .min = 1, .line = true, .as = "text"),
                 FECHATTER_FIELD(limit, .max = 200, .min = 1, .defaulted = true), FECHATTER_FIELD(people, .max = 3, .min = 1),
                 FECHATTER_FIELD(secret, .internal = true), FECHATTER_FIELD(before));
FECHATTER_RECORD(sample::Row, "row", FECHATTER_FIELD(chat_id, .key = true), FECHATTER_FIELD(name, .key = true), FECHATTER_FIELD(shard, .key = true),
                 FECHATTER_FIELD(rev, .rev = true), FECHATTER_FIELD(pos), FECHATTER_FIELD(read_seq, .merge = Merge::max),
                 FECHATTER_FIELD(best, .merge = Merge::max), FECHATTER_FIELD(first_title, .merge = Merge::fixed), FECHATTER_FIELD(open), FECHATTER_FIELD(role),
                 FECHATTER_FIELD(at), FECHATTER_FIELD(owner), FECHATTER_FIELD(tags), FECHATTER_FIELD(group));
FECHATTER_RECORD(sample::Mark, "mark", FECHATTER_FIELD(id, .key = true));

namespace sample {
inline const char* kId = "0190a5b0-1111-7abc-8def-0123456789ab";

/// "field: message", or "ok".
template <class T> std::string refusal(std::string_view text, Reading how = Reading::strict, std::uint64_t preset = 0) {
  T value;
  const auto error = read_json(text, type_of<T>, &value, how, preset);
  return error ? error->field + ": " + error->message : "ok";
}
}  // namespace sample
