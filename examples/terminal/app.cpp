#include "app.hpp"
#include <termios.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace terminal {

int fail(const Error& e) {
  std::fprintf(stderr, "fechatter: %s%s%s\n", e.field.empty() ? "" : (e.field + ": ").c_str(), e.message.c_str(), e.retryable() ? " (try again)" : "");
  return kRefused;
}

Client* App::open() {
  std::error_code error;
  std::filesystem::create_directories(settings_.home, error);
  const std::string remembered = settings_.home + "/server";
  if (settings_.server.empty()) std::getline(std::ifstream(remembered) >> std::ws, settings_.server);
  if (settings_.server.empty()) settings_.server = "http://127.0.0.1:8080";
  while (settings_.server.back() == '/') settings_.server.pop_back();
  auto client = Client::open(*runtime_, {settings_.server, settings_.home, {}, "terminal"});
  if (!client) return fail(client.error()), nullptr;
  std::ofstream(remembered) << settings_.server << '\n';
  client_ = std::move(*client);
  return client_.get();
}

int App::sent() {
  const auto result = await<Done>([&](Completion<Done> c) { return client_->when_sent(std::move(c)); });
  if (result) return kDone;
  if (result.error().code == Code::unavailable) {
    std::fprintf(stderr, "fechatter: queued; it is sent when %s can be reached\n", settings_.server.c_str());
    return kQueued;
  }
  return fail(result.error());
}

Result<ChatId> App::chat(const std::string& name) {
  auto found = client_->find_chat(name);
  if (found || found.error().code != Code::not_found) return found;
  if (auto user = person(name, 2)) return client_->create_chat({{}, ChatSummary::Kind::direct, {}, {}, {*user}});
  return found;
}

Result<UserId> App::person(const std::string& name, int seconds) {
  std::optional<UserId> id = UserId::parse(name);
  until(
      [&] {
        for (const User& u : client_->users())
          if (!id && u.name == name) id = u.id;
        return id.has_value();
      },
      seconds);
  if (!id) return Error{Code::not_found, "nobody is called " + name, {}};
  return *id;
}

Result<std::string> App::password(bool twice) {
  if (!settings_.password_file.empty()) {
    std::ifstream in(settings_.password_file);
    std::string line;
    if (!std::getline(in, line)) return Error{Code::invalid_argument, "cannot read " + settings_.password_file, {}};
    return line;
  }
  if (const char* text = std::getenv("FECHATTER_PASSWORD")) return std::string(text);
  if (!::isatty(0)) return Error{Code::invalid_argument, "a password is needed: --password-file, FECHATTER_PASSWORD or a terminal", {}};
  termios old{};
  ::tcgetattr(0, &old);
  termios silent = old;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(0, TCSAFLUSH, &silent);
  std::string first, second;
  std::fputs("Password: ", stderr), std::getline(std::cin, first);
  if (twice) std::fputs("\nAgain: ", stderr), std::getline(std::cin, second);
  std::fputc('\n', stderr);
  ::tcsetattr(0, TCSAFLUSH, &old);
  if (twice && first != second) return Error{Code::invalid_argument, "the two passwords differ", {}};
  return first;
}

}  // namespace terminal
