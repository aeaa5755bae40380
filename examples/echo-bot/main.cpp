// Answers "echo: ..." in every chat it is in; after a crash it goes on with the first message that it had not answered.
#include <cstdio>
#include <cstdlib>
#include "fechatter/client.hpp"
using namespace fechatter;

int main() {
  const char* server = std::getenv("FECHATTER_SERVER");
  const char* password = std::getenv("FECHATTER_PASSWORD");
  const char* email = std::getenv("FECHATTER_EMAIL");
  auto runtime = Runtime::host_driven();  // a bot's main thread is the loop
  auto client = Client::open(*runtime, {.server = server ? server : "http://127.0.0.1:8080", .directory = "echo-bot-data"});
  if (!client) return std::fprintf(stderr, "%s\n", client.error().message.c_str()), 1;
  Client& chat = **client;
  if (!chat.me() && !(password && email)) return std::fprintf(stderr, "set FECHATTER_EMAIL and FECHATTER_PASSWORD\n"), 2;
  if (!chat.me())
    chat.sign_in(email, password,
                 [](Result<User> user) {
                   if (!user) std::fprintf(stderr, "signing in: %s\n", user.error().message.c_str()), std::exit(1);
                 })
        .detach();
  auto opened = chat.feed("echo");
  if (!opened) return std::fprintf(stderr, "%s\n", opened.error().message.c_str()), 1;
  auto& feed = *opened;
  feed->on_change([&] {
    for (const auto& item : feed->drain()) {
      const bool for_me = item.type == "message_posted" && chat.me() && item.message.author_id != chat.me()->id && !item.message.deleted;
      // The answer's id is derived from the question's: answering twice after a crash is one message.
      if (for_me)
        if (const auto answer = chat.reply_once(item.message, "echo: " + item.message.body); !answer) {
          std::fprintf(stderr, "not answered: %s\n", answer.error().message.c_str());
          if (answer.error().retryable()) std::exit(1);  // a full disk: the next start goes on with this question
        }
      if (!feed->ack(item.position)) std::exit(1);
    }
  });
  for (;;) runtime->poll(std::chrono::steady_clock::time_point::max());
}
