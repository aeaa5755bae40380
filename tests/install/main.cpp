// A consumer's whole program: it sees the installed headers and library, and nothing else of ours.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fechatter/client.hpp>
#include <fechatter/ids.hpp>
#include <fechatter/result.hpp>

static fechatter::Result<fechatter::ChatId> chat_named(const char* text) {
  if (const auto id = fechatter::ChatId::parse(text)) return *id;
  return fechatter::Error{fechatter::Code::invalid_argument, "not an id"};
}

// Opens a client: that pulls in the whole library with all that it links to.
static bool opens() {
  char directory[] = "/tmp/fechatter-consumer-XXXXXX";
  if (!::mkdtemp(directory)) return false;
  bool opened = false;
  {
    const auto runtime = fechatter::Runtime::host_driven();
    const auto client = fechatter::Client::open(*runtime, {.server = "http://127.0.0.1:1", .directory = directory});
    opened = client && !(*client)->me() && (*client)->chats_now().empty();
    runtime->poll(std::chrono::steady_clock::now());
  }
  std::filesystem::remove_all(directory);
  return opened;
}

int main() {
  const auto chat = chat_named("0190a5b0-1111-7abc-8def-0123456789ab");
  const auto nothing = chat_named("general");
  if (!chat || nothing || !opens()) return 1;
  std::printf("%s, and %s\n", chat->str().c_str(), std::string(fechatter::code_name(nothing.error().code)).c_str());
}
