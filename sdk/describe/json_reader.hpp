// Drives a description with a JSON parser's tokens: one pass, no document tree, straight into the struct.
#pragma once
#include "sdk/describe/json.hpp"
#include "sdk/describe/raw_json.hpp"

namespace fechatter {

inline constexpr std::size_t kMaxDepth = 32;  ///< of nested objects and arrays, read or skipped

/// The tokens must come in an order that JSON allows; each call answers false when the value is refused, and `error` says why.
class JsonReader {
 public:
  JsonReader(const Type& root, void* out, Reading, std::uint64_t preset);

  bool null();
  bool boolean(bool);
  bool number(std::int64_t, std::string_view text);
  bool other_number(double, std::string_view text);  ///< a fraction, an exponent, or beyond 64 bits
  bool string(std::string_view);
  bool open(Kind kind, char bracket);
  bool close(char bracket);
  bool key(std::string_view);

  ReadError error;

  /// Sets the error, with the path of where the reader stands. Always false.
  bool fail(std::string message);

 private:
  struct Slot {
    const Type* type = nullptr;
    void* at = nullptr;
    const Rules* rules = nullptr;
  };
  struct Frame {
    const Type* type;
    void* at;
    const Rules* rules;
    std::uint64_t seen = 0;        // record: a bit per field
    const Field* field = nullptr;  // record: the one whose value comes next; null: skipped
    std::size_t next = 0;          // record: where to look first
    std::size_t count = 0;         // list
  };

  template <class Raw, class Store> bool value(Raw, Store);
  bool skipping();
  bool slot(Slot&);
  static Slot engage(Slot);
  const Type* expected() const;
  void begin_raw(const Slot&);
  bool missing(Frame&);
  bool settle(const std::string& why) { return why.empty() || fail(why); }

  const Type& root_;
  void* out_;
  Reading how_;
  std::uint64_t preset_;
  std::vector<Frame> stack_;
  std::string extra_;  // the end of an error's path, where no field stands for it
  std::size_t depth_ = 0, skipped_ = 0;
  bool skip_next_ = false;
  RawJson raw_;
};

}  // namespace fechatter
