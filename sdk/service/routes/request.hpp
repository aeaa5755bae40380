// A request inside the service, while it waits for readers, the lane or slow computing.
#pragma once
#include "sdk/service/service.hpp"

namespace fechatter {

struct Service::Request {
  ApiRequest http;  ///< without its body, once the arguments are read
  Reply done;
  RouteMatch match;
  Context context;
  Page page;
  std::shared_ptr<void> arguments;
  std::size_t body_size = 0;
  int waits = 0;  ///< for leaves to be finished
};

/// What the main loop is told at the end of a batch.
struct Service::HandOver {
  std::vector<std::pair<RequestPtr, Outcome>> answers;
  std::vector<std::shared_ptr<const Committed>> commits;
};

template <class T> const T& arguments_of(const std::shared_ptr<void>& p) { return *static_cast<const T*>(p.get()); }

}  // namespace fechatter
