#pragma once
#include "sdk/client/client_core.hpp"

namespace fechatter {

struct Feed::Impl {
  std::weak_ptr<ClientCore> core;
  std::weak_ptr<FeedModel> model;
  std::shared_ptr<FeedShared> shared;
  std::string name;

  void more();
};

}  // namespace fechatter
