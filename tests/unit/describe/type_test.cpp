#include <catch2/catch.hpp>
#include "tests/unit/describe/sample.hpp"

using namespace sample;

namespace {
struct Forgetful {
  std::int64_t a = 0, b = 0;
};
constexpr Field kHalf[] = {{"a", &type_of<std::int64_t>, 0, {}}};
constexpr Field kSwapped[] = {{"b", &type_of<std::int64_t>, 8, {}}, {"a", &type_of<std::int64_t>, 0, {}}};
static_assert(!complete(kHalf, sizeof(Forgetful), alignof(Forgetful)), "a forgotten member is seen");
static_assert(!complete(kSwapped, sizeof(Forgetful), alignof(Forgetful)), "the order is the struct's");
static_assert(complete({}, sizeof(Nothing), alignof(Nothing)));
static_assert(!complete({}, sizeof(Forgetful), alignof(Forgetful)));
}  // namespace

TEST_CASE("a description names kinds, fields and rules") {
  const Type& t = type_of<Everything>;
  CHECK(t.kind == Kind::record);
  CHECK(t.name == "Everything");
  REQUIRE(t.fields.size() == 17);
  const Kind kinds[] = {Kind::id,    Kind::boolean, Kind::integer, Kind::integer, Kind::position, Kind::text, Kind::time,  Kind::choice, Kind::maybe,
                        Kind::maybe, Kind::maybe,   Kind::list,    Kind::list,    Kind::list,     Kind::json, Kind::maybe, Kind::record};
  for (std::size_t i = 0; i < t.fields.size(); ++i) CHECK(t.fields[i].type->kind == kinds[i]);
  CHECK(type_of<Nothing>.fields.empty());
  CHECK(type_of<Request>.fields[1].wire() == "text");
  CHECK(type_of<Request>.fields[1].name == "body");
  REQUIRE(type_of<Row>.rev_field());
  CHECK(type_of<Row>.rev_field()->name == "rev");
  CHECK(type_of<Mark>.rev_field() == nullptr);
}

TEST_CASE("a record is made and cloned without naming its type") {
  const Type& t = type_of<Member>;
  const auto made = std::static_pointer_cast<Member>(t.make());
  CHECK(made->role == Role::member);
  made->role = Role::owner;
  const auto copy = std::static_pointer_cast<Member>(t.clone(made.get()));
  made->role = Role::admin;
  CHECK(copy->role == Role::owner);
}

TEST_CASE("lists and maybes are walked through the table") {
  std::vector<std::string> list;
  const Type& t = type_of<std::vector<std::string>>;
  *static_cast<std::string*>(t.add(&list)) = "a";
  CHECK(t.at(&list, 0) == &list[0]);
  CHECK(t.at(&list, 1) == nullptr);
  t.clear(&list);
  CHECK(list.empty());
  std::optional<std::int64_t> maybe;
  const Type& m = type_of<std::optional<std::int64_t>>;
  CHECK(m.at(&maybe, 0) == nullptr);
  *static_cast<std::int64_t*>(m.add(&maybe)) = 7;
  CHECK(*static_cast<const std::int64_t*>(m.at(&maybe, 0)) == 7);
  CHECK(m.at(&maybe, 1) == nullptr);
  m.clear(&maybe);
  CHECK(!maybe);
}
