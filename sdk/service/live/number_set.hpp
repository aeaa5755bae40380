#pragma once
#include <cstdint>
#include <memory>
#include <vector>

namespace fechatter {

/// A set of numbers, walked in ascending order. Kept as differences of seven bits a byte: about a byte each where they lie close, and so
/// small that walking it is quicker than following pointers. Changing or asking costs a walk; a new highest number does not.
class NumberSet {
 public:
  NumberSet() = default;
  NumberSet(const NumberSet&) = delete;
  NumberSet& operator=(const NumberSet&) = delete;

  void assign(const std::vector<std::uint32_t>& ascending);  ///< each once; in one walk, with nothing held for growth
  bool insert(std::uint32_t);  ///< false: it was there
  bool erase(std::uint32_t);   ///< false: it was not
  bool contains(std::uint32_t n) const;
  bool empty() const { return size_ == 0; }
  std::uint32_t bytes() const { return size_; }  ///< what a walk reads
  void fit();                                    ///< gives back what was held for growth
  /// `f` must not change the set.
  template <class F> void each(F f) const {
    std::uint32_t n = 0;
    for (std::uint32_t at = 0; at < size_;) f(n += read(at));
  }

 private:
  struct Place {
    std::uint32_t at, next;       // bytes of the first number that is not below; both at the end: there is none
    std::uint32_t before, value;  // the number in front of it (0: none), and itself
  };
  std::uint32_t read(std::uint32_t& at) const {
    std::uint32_t n = data_[at] & 127u;
    for (unsigned shift = 7; data_[at++] & 128u; shift += 7) n |= (data_[at] & 127u) << shift;
    return n;
  }
  Place find(std::uint32_t) const;
  void splice(std::uint32_t from, std::uint32_t to, const std::uint8_t* bytes, std::uint32_t count);
  void hold(std::uint32_t capacity);

  std::unique_ptr<std::uint8_t[]> data_;
  std::uint32_t size_ = 0, capacity_ = 0, last_ = 0;
};

}  // namespace fechatter
