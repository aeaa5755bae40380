#include <catch2/catch.hpp>
#include "tests/unit/client/fake_world.hpp"

using namespace fechatter;
using Bodies = std::vector<std::string>;

namespace {
bool is_post(const HttpRequest& r) { return r.method == "POST" && r.url.ends_with("/messages"); }

/// The first message is refused, once the test lets the answer through.
struct Refusal : FakeWorld {
  Refusal() {
    start();
    first = [left = 1](const HttpRequest& r, const std::string&) mutable -> std::optional<HttpResponse> {
      return is_post(r) && left-- > 0 ? std::optional(error(409, Code::conflict)) : std::nullopt;
    };
    http.holds = is_post;
  }
  void answer() {
    http.holds = {};
    for (auto& run : std::exchange(http.held, {})) loop.post(std::move(run));
    settle();
    REQUIRE(client->status().failed == 1);
  }
  Bodies bodies_there() const {
    Bodies out;
    for (const auto& m : messages) out.push_back(m.body);
    return out;
  }
};
}  // namespace

TEST_CASE("a refused message is sent again as it was last wanted, and what belongs to it follows") {
  Refusal w;
  const auto id = w.client->send(w.chat, "pay 1000");
  w.settle();
  REQUIRE(w.client->edit(*id, "pay 10"));
  REQUIRE(w.client->edit(*id, "pay 100"));
  REQUIRE(w.client->react(*id, "+1"));
  REQUIRE(w.client->send(w.chat, "see above", *id));
  w.answer();
  const auto again = w.client->retry(*id);
  REQUIRE(again);
  CHECK(w.client->retry(*id).error().code == Code::not_found);
  w.settle();
  CHECK(w.bodies_there() == Bodies{"pay 100", "see above"});
  CHECK(w.asked("PATCH ") == 0);
  CHECK(w.asked("PUT /chats/" + w.chat.str() + "/messages/" + again->str() + "/reactions/") == 1);
  CHECK(w.client->status().pending == 0);
  const auto post = std::find_if(w.http.requests.rbegin(), w.http.requests.rend(), is_post);
  CHECK(post->body.find("\"reply_to\":\"" + again->str()) != std::string::npos);
}

TEST_CASE("a refused message that was deleted meanwhile is gone, and holds nothing up") {
  Refusal w;
  const auto id = w.client->send(w.chat, "never mind");
  w.settle();
  REQUIRE(w.client->edit(*id, "never mind, really"));
  REQUIRE(w.client->remove(*id));
  REQUIRE(w.client->send(w.chat, "behind it", *id));
  std::optional<bool> sent;
  w.client->when_sent([&](Result<Done> done) { sent = static_cast<bool>(done); }).detach();
  w.release();
  CHECK(w.bodies_there() == Bodies{"behind it"});
  CHECK(w.asked("DELETE ") == 0);
  CHECK(w.client->status().pending == 0);
  CHECK(sent == true);  // nobody wants that message any more
}

TEST_CASE("an edit of a refused message outdoes those that were queued before") {
  Refusal w;
  const auto id = w.client->send(w.chat, "one");
  w.settle();
  REQUIRE(w.client->edit(*id, "two"));
  w.answer();
  REQUIRE(w.client->edit(*id, "three"));
  REQUIRE(w.client->retry(*id));
  w.settle();
  CHECK(w.bodies_there() == Bodies{"three"});
  CHECK(w.client->status().pending == 0);
}

TEST_CASE("removing a refused message takes along what was queued behind it") {
  Refusal w;
  const auto id = w.client->send(w.chat, "one");
  w.settle();
  REQUIRE(w.client->edit(*id, "two"));
  REQUIRE(w.client->send(w.chat, "an answer", *id));
  w.answer();
  REQUIRE(w.client->remove(*id));
  w.settle();
  CHECK(w.bodies_there() == Bodies{"an answer"});
  CHECK(w.asked("PATCH ") == 0);
  const auto post = std::find_if(w.http.requests.rbegin(), w.http.requests.rend(), is_post);
  CHECK(post->body.find("reply_to") == std::string::npos);
}

TEST_CASE("a refused message whose request comes through later all the same has not failed") {
  Refusal w;
  const auto id = w.client->send(w.chat, "pay 1000");
  REQUIRE(w.client->send(w.chat, "behind it"));
  w.settle();
  w.answer();
  Bodies there{"pay 1000", "behind it"};
  SECTION("as it was") {}
  SECTION("with another text meanwhile") {
    REQUIRE(w.client->edit(*id, "pay 100"));
    there[0] = "pay 100";
  }
  w.post("pay 1000", w.me, true, *id);
  w.settle();
  CHECK(w.bodies_there() == there);
  CHECK(w.client->status().pending == 0);
  CHECK_FALSE(w.client->retry(*id));
}

TEST_CASE("a message of somebody else under the id of a refused one leaves it refused") {
  Refusal w;
  const auto id = w.client->send(w.chat, "mine");
  w.settle();
  w.answer();
  w.post("theirs", w.other, true, *id);
  w.settle();
  CHECK(w.client->status().failed == 1);
}

TEST_CASE("a chat that was refused and discarded leaves nothing of itself, in one step") {
  const auto row = [](std::int64_t ord, const char* method, ChatId chat, MessageId target) {
    OutboxRow r;
    r.ord = ord, r.chat_id = chat, r.target = target, r.method = method, r.args = "{}";
    return r;
  };
  const auto gone = made<ChatId>(1), other = made<ChatId>(2);
  Queue queue{row(1, "create_chat", gone, {}), row(2, "post_message", other, made<MessageId>(5)), row(3, "post_message", gone, made<MessageId>(6)),
              row(4, "edit_message", gone, made<MessageId>(6))};
  CHECK_FALSE(discarded(queue, id_cast<MessageId>(gone)));
  queue[0].failed = true;
  const auto change = discarded(queue, id_cast<MessageId>(gone));
  REQUIRE(change);
  CHECK(change->erased == std::vector<std::int64_t>{1, 3, 4});
  CHECK(change->put.empty());
}
