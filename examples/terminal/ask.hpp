// Methods of the API that the SDK has no call of its own for.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include "app.hpp"

namespace terminal {

/// One method by its name; answers an object. Errors: the method's own; unavailable where something else than the server answers, such as the
/// sign-in page of a network.
Result<nlohmann::json> ask(App&, const std::string& method, const nlohmann::json& args);
/// The first item of a list, page by page, for which `wanted` holds; null: none. Errors: as ask.
Result<nlohmann::json> find_item(App&, const std::string& method, nlohmann::json args, const std::function<bool(const nlohmann::json&)>& wanted);
/// The text of a field; empty where there is none.
std::string text_in(const nlohmann::json&, const char* field);

}  // namespace terminal
