// Search in what is held, in the query language of the server's search.
#pragma once
#include "sdk/client/chats/chat_book.hpp"

namespace fechatter {

Result<std::vector<SearchHit>> search_held(Desk&, const ChatBook&, const std::string& query, std::size_t limit);

}  // namespace fechatter
