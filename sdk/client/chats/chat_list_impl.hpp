#pragma once
#include "fechatter/chat_list.hpp"
#include "sdk/client/view.hpp"

namespace fechatter {

struct ChatList::Impl {
  std::shared_ptr<View<ChatSummary>> view;
};

}  // namespace fechatter
