#include "ask.hpp"

namespace terminal {
using nlohmann::json;

namespace {
constexpr int kMaxPages = 1000;  // of 200 items: whoever tells of more than that tells of no end
}

Result<json> ask(App& app, const std::string& method, const json& args) {
  auto answer = app.await<std::string>([&](Completion<std::string> c) { return app.client().call(method, args.dump(), std::move(c)); });
  if (!answer) return answer.error();
  json parsed = json::parse(*answer, nullptr, false);
  if (!parsed.is_object()) return Error{Code::unavailable, "something else than a Fechatter server answers at " + app.settings().server, {}};
  return parsed;
}

Result<json> find_item(App& app, const std::string& method, json args, const std::function<bool(const json&)>& wanted) {
  args["limit"] = 200;
  for (int pages = 0; pages < kMaxPages; ++pages) {
    auto page = ask(app, method, args);
    if (!page) return page.error();
    const auto items = page->find("items");
    if (items != page->end() && items->is_array())
      for (const json& item : *items)
        if (wanted(item)) return item;
    args["cursor"] = text_in(*page, "next");
    if (args["cursor"] == "") return json();
  }
  return Error{Code::unavailable, "the list has no end", {}};
}

std::string text_in(const json& object, const char* field) {
  if (!object.is_object()) return {};
  const auto it = object.find(field);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

}  // namespace terminal
