#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include "tests/unit/describe/sample.hpp"

using namespace sample;
using nlohmann::json;

TEST_CASE("a request's schema says what the reader enforces") {
  const json s = json::parse(schema_of(type_of<Request>, true));
  CHECK(s == json::parse(R"({"type":"object","additionalProperties":false,"required":["chat_id","text","people"],"properties":{
    "chat_id":{"type":"string","format":"uuid"},
    "text":{"type":"string","minLength":1,"maxLength":10,"pattern":"^ *[^\\u0000- \\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069][^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"},
    "limit":{"type":"integer","minimum":1,"maximum":200},
    "people":{"type":"array","items":{"type":"string","format":"uuid"},"minItems":1,"maxItems":3},
    "before":{"anyOf":[{"type":"string","format":"date-time"},{"type":"null"}]}}})"));
  CHECK_FALSE(json::parse(schema_of(type_of<Request>, false)).contains("additionalProperties"));
}

TEST_CASE("components hold the roots and all they refer to, once") {
  const Type* const roots[] = {&type_of<Everything>, &type_of<Request>, &type_of<std::vector<Member>>};
  const json all = json::parse(component_schemas(roots, false));
  std::vector<std::string> names;
  for (const auto& [name, schema] : all.items()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"Everything", "Member", "Nothing", "Request"});
  const json& p = all["Everything"]["properties"];
  CHECK(p["lead"] == json::parse(R"({"$ref":"#/components/schemas/Member"})"));
  CHECK(p["members"] == json::parse(R"({"type":"array","items":{"$ref":"#/components/schemas/Member"}})"));
  CHECK(p["role"] == json::parse(R"({"type":"string","enum":["owner","admin","member"]})"));
  CHECK(p["name"]["description"] == "what \"people\" see");
  CHECK(p["extra"] == json::object());
  CHECK(p["muted"] == json::parse(R"({"type":"boolean"})"));
  const auto required = all["Everything"]["required"].get<std::vector<std::string>>();
  CHECK(std::find(required.begin(), required.end(), "note") == required.end());
  CHECK(std::find(required.begin(), required.end(), "extra") != required.end());
  CHECK(all["Nothing"] == json::parse(R"({"type":"object","properties":{}})"));
}

TEST_CASE("a bounded integer starts at zero where nothing else is said") {
  static constexpr Field f[] = {{"n", &type_of<std::int64_t>, 0, {.max = 9}}};
  const Type t{Kind::record, 8, 8, "t", f};
  CHECK(json::parse(schema_of(t, false))["properties"]["n"] == json::parse(R"({"type":"integer","minimum":0,"maximum":9})"));
}
