#include "sdk/service/routes/call.hpp"
#include "sdk/core/text/utf8.hpp"

namespace fechatter {
namespace {
// An error may name what the caller sent: a parameter, a method. That may be no UTF-8, and an answer is.
void write_text(std::string_view text, std::string& json) { write_string(text::repair(text), json); }
}  // namespace

std::string error_json(const Error& e, const std::string& request_id) {
  std::string json = "{\"error\":{\"code\":";
  write_string(code_name(e.code), json);
  json += ",\"message\":";
  write_text(e.message, json);
  if (e.code == Code::reset) json += ",\"reason\":", write_text(e.message, json);  // as the frame of a stream calls it
  if (!e.field.empty()) json += ",\"field\":", write_text(e.field, json);
  json += e.retryable() ? ",\"retryable\":true" : ",\"retryable\":false";
  if (e.retry_after_ms > 0) json += ",\"retry_after_ms\":" + std::to_string(e.retry_after_ms);
  json += ",\"request_id\":";
  write_string(request_id, json);
  return json + "}}";
}

ApiReply refuse(const Error& e, const std::string& request_id) {
  if (e.code == Code::locked || e.code == Code::corrupt)  // how the store failed is no caller's concern
    return refuse({Code::unavailable, "the store cannot be read at the moment", {}, 1000}, request_id);
  const int status = code_status(e.code);
  return {status ? status : 500, error_json(e, request_id), {}, e.retry_after_ms};
}

}  // namespace fechatter
