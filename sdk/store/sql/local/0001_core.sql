-- What a device must not lose: the session, what was typed and sent, drafts, settings, how far the feeds have come.
create table "account" (
  "one" integer not null primary key,
  "user_id" blob not null,
  "name" text not null,
  "session_id" blob not null,
  "access_token" text not null,
  "refresh_token" text not null,
  "expires_at" integer not null,
  "rotation_key" blob not null
);
create table "outbox" (
  "ord" integer not null primary key,
  "account" blob not null,
  "id" blob not null,
  "chat_id" blob not null,
  "target" blob not null,
  "method" text not null,
  "args" text not null,
  "attempted" integer not null,
  "failed" integer not null,
  "error" text not null,
  "created_at" integer not null
);
create table "drafts" ("chat_id" blob not null primary key, "body" text not null);
create table "settings" ("name" text not null primary key, "value" text not null);
create table "feeds" ("name" text not null primary key, "opened_at" integer not null);
create table "feed_floors" ("name" text not null, "chat_id" blob not null, "seq" integer not null, primary key ("name", "chat_id"));
