// Plays an archive of real chat through real clients against a real server, while both are killed, and compares every cache with the log.
#include <CLI/CLI.hpp>
#include <filesystem>
#include "tools/replay/driver.hpp"
#include "tools/replay/worker.hpp"

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  if (argc == 4 && std::string(argv[1]) == "work") return replay::work(replay::read_order(argv[2]), argv[3]);
  if (argc == 4 && std::string(argv[1]) == "check") return replay::check(replay::read_order(argv[2]), argv[3]);
  replay::Settings s;
  s.self = fs::read_symlink("/proc/self/exe");
  s.fechatterd = fs::path(s.self).parent_path() / "fechatterd";
  CLI::App app("Plays real chat through real clients while everything is killed", "fechatter-replay");
  app.add_option("archive", s.archive, "a .tar.gz of one text file a day")->required()->check(CLI::ExistingFile);
  app.add_option("--dir", s.directory, "where everything is kept; emptied first");
  app.add_option("--fechatterd", s.fechatterd, "the server's binary");
  app.add_option("--port", s.port);
  app.add_option("--days", s.days, "only the first ones; 0: all");
  app.add_option("--clients", s.clients, "at a time, at least")->check(CLI::Range(1, 1000));
  app.add_option("--workers", s.workers, "processes that share the clients")->check(CLI::Range(1, 100));
  app.add_option("--kill-every", s.kill_every, "seconds, on average")->check(CLI::Range(0.1, 3600.0));
  app.add_flag("--pauses", s.faults.pauses, "stop a process for up to four seconds, every five");
  app.add_flag("--full-disks", s.faults.disks, "fill the server's or the clients' disk for ten seconds, every forty; takes root");
  app.add_flag("--clock-jumps", s.faults.clocks, "set the server's or the clients' clock to another hour, every fifteen seconds; takes libfaketime");
  CLI11_PARSE(app, argc, argv);
  return replay::Driver(std::move(s)).run();
}
