#include "sdk/service/live/number_set.hpp"
#include <cstring>

namespace fechatter {
namespace {
// How many bytes it took, at most five.
std::uint32_t put(std::uint8_t* to, std::uint32_t n) {
  std::uint32_t size = 0;
  for (; n > 127; n >>= 7) to[size++] = static_cast<std::uint8_t>(n | 128u);
  to[size++] = static_cast<std::uint8_t>(n);
  return size;
}
}  // namespace

NumberSet::Place NumberSet::find(std::uint32_t n) const {
  Place p{0, 0, 0, 0};
  while (p.at < size_) {
    p.value = p.before + read(p.next);
    if (p.value >= n) return p;
    p.at = p.next, p.before = p.value;
  }
  return p;
}

bool NumberSet::contains(std::uint32_t n) const {
  if (empty() || n > last_) return false;
  return n == last_ || find(n).value == n;
}

void NumberSet::assign(const std::vector<std::uint32_t>& ascending) {
  std::uint8_t bytes[5];
  std::uint32_t size = 0, before = 0;
  for (const std::uint32_t n : ascending) size += put(bytes, n - before), before = n;
  size_ = 0, last_ = before;
  hold(size);
  before = 0;
  for (const std::uint32_t n : ascending) size_ += put(data_.get() + size_, n - before), before = n;
}

bool NumberSet::insert(std::uint32_t n) {
  std::uint8_t bytes[10];
  if (empty() || n > last_) {
    splice(size_, size_, bytes, put(bytes, n - last_));
    last_ = n;
    return true;
  }
  const Place p = find(n);
  if (p.value == n) return false;
  std::uint32_t count = put(bytes, n - p.before);
  count += put(bytes + count, p.value - n);
  splice(p.at, p.next, bytes, count);
  return true;
}

bool NumberSet::erase(std::uint32_t n) {
  if (!contains(n)) return false;
  const Place p = find(n);
  if (p.next == size_) {
    splice(p.at, size_, nullptr, 0);
    last_ = p.before;
    if (empty()) fit();
    return true;
  }
  std::uint8_t bytes[5];
  std::uint32_t end = p.next;
  const std::uint32_t following = p.value + read(end);
  splice(p.at, end, bytes, put(bytes, following - p.before));
  return true;
}

void NumberSet::splice(std::uint32_t from, std::uint32_t to, const std::uint8_t* bytes, std::uint32_t count) {
  const std::uint32_t size = size_ - (to - from) + count;
  if (size > capacity_) hold(size + size / 8 + 8);
  if (size_ > to) std::memmove(data_.get() + from + count, data_.get() + to, size_ - to);
  if (count > 0) std::memcpy(data_.get() + from, bytes, count);
  size_ = size;
}

void NumberSet::fit() {
  if (size_ < capacity_) hold(size_);
}

void NumberSet::hold(std::uint32_t capacity) {
  std::unique_ptr<std::uint8_t[]> data(capacity > 0 ? new std::uint8_t[capacity] : nullptr);
  if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
  data_ = std::move(data), capacity_ = capacity;
}

}  // namespace fechatter
