#include <catch2/catch.hpp>
#include "tests/unit/describe/sample.hpp"

using namespace sample;
using namespace std::string_literals;

namespace {
const std::string I = "\""s + kId + '"';
// A request whose every field is right but what `more` adds.
std::string request(const std::string& more) { return R"({"chat_id":)" + I + R"(,"text":"hi","people":[)" + I + "]" + more + "}"; }
std::string body(const std::string& text) { return R"({"chat_id":)" + I + R"(,"people":[)" + I + R"(],"text":)" + text + "}"; }
// One field of Everything, tolerantly: what is missing keeps its default.
Everything one(const std::string& text) {
  Everything v;
  INFO(text);
  REQUIRE_FALSE(read_json(text, v, Reading::tolerant));
  return v;
}
std::string refused(const std::string& field) { return refusal<Everything>("{" + field + "}", Reading::tolerant); }
std::string nested(std::size_t n, const std::string& inside = "") { return std::string(n, '[') + inside + std::string(n, ']'); }
}  // namespace

TEST_CASE("a request is read strictly") {
  Request r;
  const std::string text =
      " {\"people\":[" + I + "],\n\t\"text\":\"h\\u00e9 \\ud83d\\ude00\",\"limit\":7,\"before\":\"2026-11-23T14:05:06Z\",\"chat_id\":" + I + "}\r\n";
  REQUIRE_FALSE(read_json(text, r, Reading::strict));
  CHECK(r.body == "h\xc3\xa9 \xf0\x9f\x98\x80");
  CHECK(r.limit == 7);
  CHECK(r.people.size() == 1);
  CHECK(r.before->ms == 1795442706000);
  CHECK(r.chat_id.str() == kId);
}

TEST_CASE("strict reading names the field and the fault") {
  const struct {
    std::string text, says;
  } cases[] = {
      {request(""), "ok"},
      {request(R"(,"before":null)"), "ok"},
      {request(R"(,"colour":1)"), "colour: is not a known field"},
      {request(R"(,"body":"x")"), "body: is not a known field"},  // the member's name, where the wire has another
      {request(R"(,"secret":"x")"), "secret: is not a known field"},
      {request(R"(,"text":"x")"), "text: is given twice"},
      {request(R"(,"limit":null)"), "limit: must not be null"},
      {request(R"(,"limit":"7")"), "limit: must be an integer"},
      {request(R"(,"limit":7.5)"), "limit: must be an integer"},
      {request(R"(,"limit":0)"), "limit: must be from 1 to 200"},
      {request(R"(,"limit":201)"), "limit: must be from 1 to 200"},
      {request(R"(,"limit":{})"), "limit: must be an integer"},
      {request(R"(,"before":"tomorrow")"), "before: must be an RFC 3339 UTC time"},
      {request(R"(,"before":12)"), "before: must be a time"},
      {body("5"), "text: must be a string"},
      {body("[]"), "text: must be a string"},
      {body("true"), "text: must be a string"},
      {body(R"("")"), "text: must not be empty"},
      {body(R"("12345678901")"), "text: is longer than 10 bytes"},
      {body(R"("1234567890")"), "ok"},
      {body(R"("\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9")"), "text: is longer than 10 bytes"},
      {body(R"("a\u0000b")"), "text: must not contain U+0000"},
      {"{}", "chat_id: is missing"},
      {R"({"chat_id":)" + I + R"(,"people":[)" + I + "]}", "text: is missing"},
      {R"({"chat_id":)" + I + R"(,"text":"a","people":[]})", "people: has too few items"},
      {R"({"chat_id":)" + I + R"(,"text":"a","people":[)" + I + "," + I + "," + I + "," + I + "]}", "people[3]: has more than 3 items"},
      {R"({"chat_id":)" + I + R"(,"text":"a","people":[)" + I + R"(,"x"]})", "people[1]: must be a lower-case UUID"},
      {R"({"chat_id":7})", "chat_id: must be a UUID"},
      {"[]", ": must be an object"},
      {"null", ": must not be null"},
      {"3", ": must be an object"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    CHECK(refusal<Request>(c.text) == c.says);
  }
}

TEST_CASE("a path leads through lists and records") {
  CHECK(refused(R"("members":[{},{},{"role":7}])") == "members[2].role: must be a string");
  CHECK(refused(R"("lead":{"user_id":"x"})") == "lead.user_id: must be a lower-case UUID");
  CHECK(refused(R"("lead":[])") == "lead: must be an object");
  CHECK(refusal<Everything>(R"({"members":[{"user_id":)" + I + R"(,"role":"king"}]})") == "members[0].role: must be one of owner, admin, member");
  CHECK(refusal<Everything>(R"({"members":[{"user_id":)" + I + "}]}") == "members[0].role: is missing");
  CHECK(refusal<Everything>(R"({"members":[{"rolle":1}]})") == "members[0].rolle: is not a known field");
  CHECK(refusal<Everything>(R"({"nothing":{"x":1}})") == "nothing.x: is not a known field");
  CHECK(refusal<std::vector<std::string>>(R"(["a",1])") == "[1]: must be a string");
}

TEST_CASE("a long unknown name is cut between characters") {
  std::string name;
  while (name.size() < 63) name += "a";
  Nothing v;
  const auto error = read_json("{\"" + name + "\xe4\xbd\xa0\":1}", v, Reading::strict);
  REQUIRE(error);
  CHECK(error->field == name);
}

TEST_CASE("fields from elsewhere need not be given, and cannot be") {
  CHECK(refusal<Request>(R"({"text":"a","people":[)" + I + "]}", Reading::strict, 1) == "ok");
  CHECK(refusal<Request>(request(""), Reading::strict, 1) == "chat_id: is not a known field");
  Request r;
  r.chat_id = *ChatId::parse(kId);
  REQUIRE_FALSE(read_json(R"({"chat_id":"00000000-0000-0000-0000-000000000000","text":"a"})", type_of<Request>, &r, Reading::tolerant, 1));
  CHECK(r.chat_id.str() == kId);
  CHECK(r.body == "a");
}

TEST_CASE("what a peer sends is read tolerantly") {
  const Everything v = one(R"({"x":{"deep":[1,{"a":null}],"b":"\n"},"name":"n","y":[[]],"z":1e5,"count":3,"w":"s","v":true,"u":null,"role":"emperor",)"
                           R"("maybe_role":"emperor","roles":["owner","emperor","admin"],"seq":null,"tags":["a"],"tags":["b","c"]})");
  CHECK(v.name == "n");
  CHECK(v.count == 3);
  CHECK(v.role == Role::member);
  CHECK_FALSE(v.maybe_role);
  CHECK(v.roles == std::vector{Role::owner, Role::admin});
  CHECK(v.seq == 0);
  CHECK(v.tags == std::vector<std::string>{"b", "c"});
  CHECK(one(R"({"name":"longer than twenty bytes is what the next version takes"})").name.size() == 55);
  Request r;
  REQUIRE_FALSE(read_json(R"({"secret":"s","text":""})", r, Reading::tolerant));
  CHECK(r.secret == "s");
}

TEST_CASE("null empties a maybe, and only that") {
  Everything v;
  v.note = "x", v.lead.emplace(), v.more = Json{"1"}, v.count = 4;
  REQUIRE_FALSE(read_json(R"({"note":null,"lead":null,"more":null,"count":null})", v, Reading::tolerant));
  CHECK((!v.note && !v.lead && !v.more));
  CHECK(v.count == 4);
  CHECK(refusal<Everything>("null", Reading::tolerant) == ": must not be null");
}

TEST_CASE("integers stay what every language can hold") {
  CHECK(one(R"({"seq":9007199254740991})").seq == 9007199254740991);
  CHECK(one(R"({"seq":-9007199254740991})").seq == -9007199254740991);
  CHECK(one(R"({"pos":-3})").pos.value == -3);
  CHECK(one(R"({"count":-2147483648})").count == INT32_MIN);
  for (const auto n :
       {"9007199254740992", "-9007199254740992", "9223372036854775807", "9223372036854775808", "18446744073709551616", "99999999999999999999999"})
    CHECK(refused("\"seq\":"s + n) == "seq: is out of range");
  CHECK(refused(R"("count":2147483648)") == "count: is out of range");
  CHECK(refused(R"("pos":9007199254740992)") == "pos: is out of range");
  CHECK(refused(R"("seq":1.0)") == "seq: must be an integer");
  CHECK(refused(R"("seq":1e3)") == "seq: must be an integer");
  CHECK(refused(R"("name":99999999999999999999999)") == "name: must be a string");
  for (const auto n : {"01", "+1", ".5", "1.", "0x1", "NaN", "Infinity", "--1", "1e"})
    CHECK(refused("\"seq\":"s + n).find("not valid JSON") != std::string::npos);
}

TEST_CASE("bytes that are no UTF-8 are no JSON") {
  for (const auto* bad : {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE4\xBD"})
    for (const auto how : {Reading::strict, Reading::tolerant}) {
      CHECK(refusal<Everything>("{\"name\":\""s + bad + "\"}", how).find("is not valid UTF-8") != std::string::npos);
      CHECK(refusal<Everything>("{\"other"s + bad + "\":1}", how) != "ok");
      CHECK(refusal<Everything>("{\"extra\":[\""s + bad + "\"]}", how) != "ok");
    }
  for (const auto* bad : {R"(\ud800)", R"(\ud800x)", R"(\ud800\ud800)", R"(\udc00)", R"(\u12)", R"(\x)", "\n", "\x01"})
    CHECK(refused("\"name\":\""s + bad + "\"").find("not valid JSON") != std::string::npos);
}

TEST_CASE("nothing but one value of JSON is JSON") {
  for (const std::string bad : {"", " ", "{", "}", "{]", "{}{}", "{} x", "{,}", "{\"name\"}", "{\"name\":}", "{\"name\":\"a\",}", "{'name':1}",
                                "{\"tags\":[\"a\",]}", "// x\n{}", "\xEF\xBB\xBF{}", "nul", "tru", "\"a"}) {
    CAPTURE(bad);
    CHECK(refusal<Everything>(bad, Reading::tolerant).find("not valid JSON at byte") != std::string::npos);
  }
  CHECK(refusal<Everything>("{}\0"s, Reading::tolerant) == ": not valid JSON at byte 2");
  CHECK(refusal<Everything>(std::string_view(), Reading::tolerant) == ": not valid JSON at byte 0");
}

TEST_CASE("nesting ends at 32, wherever it is") {
  // The record itself is the first of the 32.
  CHECK(refused("\"unknown\":" + nested(31)) == "ok");
  CHECK(refused("\"unknown\":" + nested(32)) == ": is nested too deeply");
  CHECK(refused("\"extra\":" + nested(31)) == "ok");
  CHECK(refused("\"extra\":" + nested(32)) == "extra: is nested too deeply");
  CHECK(refused("\"unknown\":" + std::string(2000000, '[')) == ": is nested too deeply");
  CHECK(refusal<Everything>(std::string(2000000, '['), Reading::tolerant) == ": must be an object");
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  CHECK(refused("\"extra\":" + objects) == "extra: is nested too deeply");
}

TEST_CASE("lists and texts are bounded without a rule") {
  std::string many = "\"tags\":[\"\"";
  for (int i = 1; i < 10000; ++i) many += ",\"\"";
  CHECK(refused(many + "]") == "ok");
  CHECK(refused(many + ",\"\"]") == "tags[10000]: has more than 10000 items");
  CHECK(refusal<std::string>('"' + std::string(65536, 'a') + '"') == "ok");
  CHECK(refusal<std::string>('"' + std::string(65537, 'a') + '"') == ": is longer than 65536 bytes");
}

TEST_CASE("raw JSON passes through, token by token") {
  const auto raw = [](const std::string& text) { return one("{\"extra\": " + text + " ,\"count\":1}").extra.text; };
  for (const std::string same :
       {"null", "true", "false", "0", "-0", "-12.50e+3", "99999999999999999999", "\"\"", "\"a{\"", "[]", "{}", "[[],[]]", "[{},{}]", "[\"[\",\"{\",\":\"]",
        R"({"a":1,"b":[1,2,{"c":null}],"d":{}})", R"({"":"","\"":"\\"})", "\"\\u0001\"", "[true,\"x\",1]", R"({"a":{"b":[]},"c":"{"})"})
    CHECK(raw(same) == same);
  CHECK(raw(" [ 1 , { \"a\" : \"\\u00e9\\/\" } ] ") == "[1,{\"a\":\"\xc3\xa9/\"}]");
  CHECK(one(R"({"extra":{"a":1},"extra":[2]})").extra.text == "[2]");
  CHECK(one(R"({"more":{"a":[1]}})").more->text == R"({"a":[1]})");
  std::vector<Json> list;
  REQUIRE_FALSE(read_json(R"([1,"a",{"b":[]},null])", list, Reading::strict));
  REQUIRE(list.size() == 4);
  CHECK(list[2].text == R"({"b":[]})");
  CHECK(list[3].text == "null");
}

TEST_CASE("raw JSON has no U+0000 and a bound") {
  CHECK(refused(R"("extra":{"a":"b\u0000"})") == "extra: must not contain U+0000");
  CHECK(refused(R"("extra":{"a\u0000":1})") == "extra: must not contain U+0000");
  CHECK(refused("\"extra\":\"" + std::string(198, 'a') + "\"") == "ok");
  CHECK(refused("\"extra\":\"" + std::string(199, 'a') + "\"") == "extra: is longer than 200 bytes");
  CHECK(refused("\"extra\":[" + std::string(210, '1') + "]") == "extra: is longer than 200 bytes");
  CHECK(refused("\"more\":[\"" + std::string(262140, 'a') + "\"]") == "ok");
  CHECK(refused("\"more\":[\"" + std::string(262141, 'a') + "\"]") == "more: is longer than 262144 bytes");
}

TEST_CASE("raw numbers are such that others can hold them") {
  const auto raw = [](const std::string& text) { return one("{\"extra\":" + text + "}").extra.text; };
  for (const auto* same : {"1e308", "-1.5E-300", "0.10", "18446744073709551615", "1.7976931348623157e308"}) CHECK(raw(same) == same);
  for (const auto* zero : {"0e99999", "0.000", "-0.0e-99999"}) CHECK(raw(zero) == "0");
  for (const auto* bad : {"1e400", "-1e400", "1e999999", "1e-400", "1e-99999"}) CHECK(refused("\"extra\":["s + bad + "]") == "extra: is out of range");
  CHECK(refused("\"more\":1" + std::string(1000, '0')) == "more: is out of range");
  CHECK(refused("\"more\":1." + std::string(1000, '0')) == "more: is out of range");
  CHECK(refused("\"unknown\":1e400") == "ok");
}

TEST_CASE("a description that does not fit the reader is refused") {
  static std::vector<Field> fields(65, Field{"a", &type_of<bool>, 0, {}});
  const Type t{Kind::record, 1, 1, "wide", fields};
  bool value = false;
  const auto error = read_json("{}", t, &value, Reading::tolerant);
  REQUIRE(error);
  CHECK(error->message == "has more fields than can be read");
}
