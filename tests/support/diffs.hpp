#pragma once
#include <utility>
#include <vector>
#include "fechatter/timeline.hpp"

namespace fechatter {

/// What an app does with the changes of a list.
template <class T> void apply_diffs(std::vector<T>& list, const std::vector<Diff<T>>& diffs) {
  for (const Diff<T>& d : diffs) {
    const auto at = list.begin() + static_cast<std::ptrdiff_t>(d.index);
    switch (d.kind) {
      case Diff<T>::reset: list = d.items; break;
      case Diff<T>::insert: list.insert(at, d.items.begin(), d.items.end()); break;
      case Diff<T>::update: *at = d.items.front(); break;
      case Diff<T>::remove: list.erase(at); break;
      case Diff<T>::move: {
        T item = std::move(list[d.from]);
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(d.from));
        list.insert(list.begin() + static_cast<std::ptrdiff_t>(d.index), std::move(item));
      }
    }
  }
}

}  // namespace fechatter
