// JSON for described types. Total: any bytes in, a value or an error out; bounded memory; nothing throws.
#pragma once
#include <optional>
#include "sdk/describe/describe.hpp"

namespace fechatter {

/// strict, for requests: an unknown, doubled or missing field is an error. tolerant, for what peers send: unknown fields and choices are
/// skipped, missing ones keep their default.
enum class Reading : std::uint8_t { strict, tolerant };

struct ReadError {
  std::string field;    ///< "members[2].role"; empty: the text as a whole
  std::string message;
};

/// `preset`: a bit per field of the root (by index) that is filled already, from the URL: it must not occur in the text.
std::optional<ReadError> read_json(std::string_view text, const Type&, void* out, Reading, std::uint64_t preset = 0);
template <class T> std::optional<ReadError> read_json(std::string_view text, T& out, Reading how) { return read_json(text, type_of<T>, &out, how); }

/// One parameter of a path or query into one field, by the same rules. False: `why` says what is wrong.
bool read_scalar(std::string_view text, const Field&, void* record, std::string& why);

/// Empty `maybe` fields are left out; internal fields are written only where they hold something. Appends to `out`.
void write_json(const Type&, const void* value, std::string& out);
template <class T> std::string to_json(const T& value) {
  std::string out;
  write_json(type_of<T>, &value, out);
  return out;
}
/// A JSON string with quotes; the text is UTF-8.
void write_string(std::string_view text, std::string& out);

/// The JSON Schema (2020-12) of one type; records inside refer to "#/components/schemas/<name>". Closed: no further properties.
std::string schema_of(const Type&, bool closed);
/// {"Name": schema, …}: these records and all they refer to.
std::string component_schemas(std::span<const Type* const> roots, bool closed);

}  // namespace fechatter
