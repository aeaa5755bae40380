// One description of each value type: a constant table beside a plain struct, read by every codec (JSON, SQL, JSON Schema).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace fechatter {

enum class Kind : std::uint8_t { boolean, integer, text, id, time, position, choice, list, maybe, record, json };

/// What an upsert does to a stored column: replace it, keep the larger, or never change it.
enum class Merge : std::uint8_t { replace, max, fixed };

/// A place in the log. Negative: the n-th event of a batch that is still open; the store makes it absolute.
struct Position {
  std::int64_t value = 0;
  auto operator<=>(const Position&) const = default;
};

/// Raw JSON that passes through: written as it is, read as the text of one value.
struct Json {
  std::string text;
  bool operator==(const Json&) const = default;
};

struct Type;

/// What the description says of a field besides its type.
struct Rules {
  std::uint32_t max = 0;         ///< text, json: bytes; list: items; integer: the largest value; 0: the kind's default
  std::uint32_t min = 0;         ///< text: bytes; list: items; integer with a max: the smallest value
  bool key = false;              ///< part of the row's primary key
  bool rev = false;              ///< carries the rev of the row's last change
  Merge merge = Merge::replace;
  bool defaulted = false;        ///< may be absent in a request: the member initialiser stands
  bool internal = false;         ///< filled by the service: strict readers refuse it, schemas leave it out
  bool line = false;             ///< a request's text: one line that passes for itself (is_line); with a `min`, not only of blanks
  bool search = false;           ///< a row's text that full-text search finds
  std::string_view as = {};      ///< the wire's name, where it differs from the member's
  std::string_view doc = {};
};

struct Field {
  std::string_view name;
  const Type* type;
  std::uint32_t offset;
  Rules rules;
  constexpr std::string_view wire() const { return rules.as.empty() ? name : rules.as; }
};

struct Type {
  Kind kind;
  std::uint32_t size, align;
  std::string_view name{};                                    // record, choice
  std::span<const Field> fields{};                            // record
  std::span<const std::string_view> choices{};                // choice: the value is the index
  const Type* item = nullptr;                                 // list, maybe
  void* (*add)(void*) = nullptr;                              // list: append one; maybe: engage
  void (*clear)(void*) = nullptr;                             // list, maybe
  const void* (*at)(const void*, std::size_t) = nullptr;      // list, maybe: the n-th value inside, or null
  std::shared_ptr<void> (*make)() = nullptr;                  // record: a default one
  std::shared_ptr<void> (*clone)(const void*) = nullptr;      // record

  /// The field that guards a row's changes; null: none.
  constexpr const Field* rev_field() const {
    for (const Field& f : fields)
      if (f.rules.rev) return &f;
    return nullptr;
  }
};

}  // namespace fechatter
