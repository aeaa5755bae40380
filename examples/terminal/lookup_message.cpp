// Where a message is: its id says nothing of its chat.
#include <nlohmann/json.hpp>
#include "lookup.hpp"

namespace terminal {
namespace {
constexpr std::size_t kAtOnce = 16;

struct Search {
  std::size_t unanswered = 0;
  std::optional<ChatId> chat;
  std::optional<Error> trouble;  // a chat that could not be asked
};

Completion<std::string> answer_of(const std::shared_ptr<Search>& search, ChatId chat) {
  return [search, chat](const Result<std::string>& answer) {
    --search->unanswered;
    if (answer) search->chat = chat;
    else if (answer.error().code != Code::not_found) search->trouble = answer.error();
  };
}
// Asks some chats at once.
void ask_chats(App& app, const std::vector<ChatSummary>& chats, std::size_t from, MessageId id, const std::shared_ptr<Search>& search) {
  std::vector<Handle> handles;
  for (std::size_t i = from; i < std::min(chats.size(), from + kAtOnce); ++i) {
    const nlohmann::json which{{"chat_id", chats[i].id.str()}, {"message_id", id.str()}};
    ++search->unanswered;
    handles.push_back(app.client().call("get_message", which.dump(), answer_of(search, chats[i].id)));
  }
  if (!app.until([&] { return search->unanswered == 0 || search->chat; })) search->trouble = Error{Code::unavailable, "no answer", {}};
}
}  // namespace

Result<Done> fetch_message(App& app, MessageId id) {
  const auto search = std::make_shared<Search>();
  const auto chats = app.client().chats_now();
  for (std::size_t at = 0; at < chats.size() && !search->chat && !search->trouble; at += kAtOnce) ask_chats(app, chats, at, id, search);
  if (!search->chat) return search->trouble.value_or(Error{Code::not_found, "no such message in your chats", {}});
  const auto timeline = app.client().timeline(*search->chat);
  return app.await<Done>([&](Completion<Done> c) { return timeline->load_around(id, std::move(c)); });
}

}  // namespace terminal
