#include <catch2/catch.hpp>
#include "tests/unit/describe/sample.hpp"

using namespace sample;

namespace {
template <class T> const Field& field(std::string_view name) {
  for (const Field& f : type_of<T>.fields)
    if (f.name == name) return f;
  FAIL("no such field");
  return type_of<T>.fields[0];
}
template <class T> std::string refusal_of(T& record, std::string_view name, std::string_view text) {
  std::string why;
  const bool ok = read_scalar(text, field<T>(name), &record, why);
  CHECK(ok == why.empty());
  return why;
}
}  // namespace

TEST_CASE("a parameter becomes a field") {
  Everything v;
  CHECK(refusal_of(v, "id", kId) == "");
  CHECK(v.id.str() == kId);
  CHECK(refusal_of(v, "muted", "true") == "");
  CHECK(v.muted);
  CHECK(refusal_of(v, "muted", "false") == "");
  CHECK_FALSE(v.muted);
  CHECK(refusal_of(v, "seq", "-9007199254740991") == "");
  CHECK(v.seq == -9007199254740991);
  CHECK(refusal_of(v, "pos", "12") == "");
  CHECK(v.pos.value == 12);
  CHECK(refusal_of(v, "name", "h\xc3\xa9") == "");
  CHECK(v.name == "h\xc3\xa9");
  CHECK(refusal_of(v, "at", "2026-11-23T14:05:06Z") == "");
  CHECK(v.at.ms == 1795442706000);
  CHECK(refusal_of(v, "maybe_role", "owner") == "");
  CHECK(v.maybe_role == Role::owner);
  CHECK(refusal_of(v, "note", "") == "");
  CHECK(v.note == "");
}

TEST_CASE("a parameter meets the same rules as a member of JSON") {
  Everything v;
  Request r;
  CHECK(refusal_of(v, "id", "x") == "must be a lower-case UUID");
  CHECK(refusal_of(v, "muted", "yes") == "must be true or false");
  for (const auto bad : {"", "-", "+1", "1.5", "1e3", " 1", "0x1", "12345678901234567"}) CHECK(refusal_of(v, "seq", bad) == "must be an integer");
  CHECK(refusal_of(v, "seq", "9007199254740992") == "is out of range");
  CHECK(refusal_of(v, "count", "2147483648") == "is out of range");
  CHECK(refusal_of(r, "limit", "201") == "must be from 1 to 200");
  CHECK(refusal_of(r, "limit", "-1") == "must be from 1 to 200");
  CHECK(refusal_of(r, "body", "") == "must not be empty");
  CHECK(refusal_of(r, "body", "12345678901") == "is longer than 10 bytes");
  CHECK(refusal_of(r, "body", "a\nb") == "must be one line, without characters that control how it is written");
  CHECK(refusal_of(v, "name", "a\nb") == "");
  CHECK(refusal_of(v, "name", std::string_view("a\0", 2)) == "must not contain U+0000");
  CHECK(refusal_of(v, "name", "\xff") == "is not valid UTF-8");
  CHECK(refusal_of(v, "role", "king") == "must be one of owner, admin, member");
  CHECK(refusal_of(v, "at", "now") == "must be an RFC 3339 UTC time");
  CHECK(refusal_of(v, "tags", "a") == "must be an array");
  CHECK(refusal_of(v, "lead", "a") == "must be an object");
}

TEST_CASE("a refused parameter leaves a maybe empty") {
  Everything v;
  CHECK(refusal_of(v, "maybe_role", "king") != "");
  CHECK_FALSE(v.maybe_role);
}
