// Commands one by one over a store in memory: what a rule says, as an error's code or an answer.
#pragma once
#include <catch2/catch.hpp>
#include "sdk/core/workspaces/workspaces.hpp"
#include "tests/support/memory_rows.hpp"
#include "tests/support/town.hpp"

namespace fechatter::core_test {

/// The people of a town, all in its workspace, which user 0 owns.
class Desk {
 public:
  Desk() {
    for (const Submission& s : town.founding()) REQUIRE_FALSE(send(s).error);
  }
  Outcome send(const Submission& s) {
    Fold fold(rows);
    fold.load(std::span(&s, 1));
    Outcome out = fold.execute(s);
    CHECK(fold.rows().late_loads() == 0);
    REQUIRE(rows.commit(fold.events(), fold.rows().changes(), fold.rows().redactions()));
    return out;
  }
  /// "done", or the code and field of the refusal.
  template <class C> std::string say(std::size_t who, C command) {
    const Outcome out = send(town.submit(user(who), std::move(command)));
    if (!out.error) return "done";
    return std::string(code_name(out.error->code)) + (out.error->field.empty() ? "" : ' ' + out.error->field);
  }
  /// A row as it stands, of which there is one.
  template <class Row, class... P> Row row(const P&... key) {
    const auto found = rows.load(type_of<Row>, make_key(key...));
    REQUIRE(found);
    return *static_cast<const Row*>(found.get());
  }
  UserId user(std::size_t n) const { return town.user(n); }
  ChatId chat(std::size_t maker, ChatKind kind, std::vector<UserId> people = {}, std::optional<History> history = {}) {
    const auto id = made_id<ChatId>(100 + chats_++);
    REQUIRE(say(maker, CreateChat{id, town.workspace(), kind, "chat", {}, history, std::move(people)}) == "done");
    return id;
  }
  MessageId post(std::size_t who, ChatId chat, std::string body, std::vector<UserId> mentions = {}, bool everyone = false) {
    const auto id = made_id<MessageId>(500 + messages_++);
    REQUIRE(say(who, PostMessage{chat, id, std::move(body), {}, {}, std::move(mentions), everyone}) == "done");
    return id;
  }

  MemoryRows rows;
  Town town{1};

 private:
  std::uint64_t chats_ = 0, messages_ = 0;
};

}  // namespace fechatter::core_test
