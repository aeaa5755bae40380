// Values of any described type from the bytes of an input: within the rules of their fields, and about few people, chats and messages,
// so that they concern each other.
#pragma once
#include <vector>
#include "sdk/describe/describe.hpp"
#include "tests/fuzz/engine/fuzz.hpp"

namespace fechatter::fuzz {

/// Who and what there is. Ids are chosen by the names of their fields and types.
struct Names {
  std::vector<AnyId> users, chats, spaces, messages, sessions;
};
/// `value` is a default one.
void fill(const Type&, void* value, Input&, const Names&);
template <class T> T filled(Input& in, const Names& names) {
  T value{};
  fill(type_of<T>, &value, in, names);
  return value;
}

}  // namespace fechatter::fuzz
