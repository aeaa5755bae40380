#pragma once
#include "fechatter/chat_list.hpp"
#include "sdk/client/client_core.hpp"

namespace fechatter {

struct ChatList::Impl {
  std::weak_ptr<ClientCore> core;
  std::shared_ptr<ChatWindow> view;
};

}  // namespace fechatter
