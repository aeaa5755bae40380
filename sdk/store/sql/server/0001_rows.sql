-- Written from the descriptions of the row types; a test fails when it differs from them.
create table "chats"(
  "id" blob not null,
  "workspace_id" blob not null,
  "kind" integer not null,
  "name" text not null,
  "topic" text not null,
  "archived" integer not null,
  "history" integer not null,
  "member_count" integer not null,
  "owner_count" integer not null,
  "head_seq" integer not null,
  "head_rev" integer not null,
  "head_pos" integer not null,
  "last_at" integer not null,
  "created_by" blob not null,
  "created_at" integer not null,
  "create_hash" text not null,
  primary key("id")) strict;
create table "commands"(
  "actor" blob not null,
  "command_id" blob not null,
  "fingerprint" text not null,
  "rev" integer not null,
  "at" integer not null,
  "answer" text not null,
  primary key("actor","command_id")) strict, without rowid;
create table "credentials"(
  "user_id" blob not null,
  "email" text not null,
  "password_hash" text not null,
  primary key("user_id")) strict;
create table "emails"(
  "email" text not null,
  "user_id" blob not null,
  primary key("email")) strict;
create table "invites"(
  "code" text not null,
  "workspace_id" blob not null,
  "role" integer not null,
  "created_by" blob not null,
  "expires_at" integer not null,
  "max_uses" integer not null,
  "uses" integer not null,
  primary key("code")) strict;
create table "members"(
  "chat_id" blob not null,
  "user_id" blob not null,
  "role" integer not null,
  "state" integer not null,
  "visible_from" integer not null,
  "joined_at" integer not null,
  "rev" integer not null,
  "pos" integer not null,
  primary key("chat_id","user_id")) strict, without rowid;
create table "mentions"(
  "chat_id" blob not null,
  "user_id" blob not null,
  "seq" integer not null,
  "live" integer not null,
  "rev" integer not null,
  primary key("chat_id","user_id","seq")) strict, without rowid;
create table "messages"(
  "id" blob not null,
  "chat_id" blob not null,
  "seq" integer not null,
  "rev" integer not null,
  "author_id" blob not null,
  "body" text not null,
  "reply_to" blob,
  "created_at" integer not null,
  "edited_at" integer,
  "deleted" integer not null,
  "reactions" text not null,
  "mentions" text not null,
  "mentions_everyone" integer not null,
  "posted_rev" integer not null,
  "create_hash" text not null,
  primary key("id")) strict;
create table "reactions"(
  "message_id" blob not null,
  "user_id" blob not null,
  "emoji" text not null,
  "chat_id" blob not null,
  "on" integer not null,
  "rev" integer not null,
  primary key("message_id","user_id","emoji")) strict, without rowid;
create table "read_marks"(
  "user_id" blob not null,
  "chat_id" blob not null,
  "read_seq" integer not null,
  "pos" integer not null,
  primary key("user_id","chat_id")) strict, without rowid;
create table "sessions"(
  "id" blob not null,
  "user_id" blob not null,
  "device" text not null,
  "created_at" integer not null,
  "used_at" integer not null,
  "expires_at" integer not null,
  "generation" integer not null,
  "token_hash" text not null,
  "rotation_key" text not null,
  "revoked" integer not null,
  primary key("id")) strict;
create table "users"(
  "id" blob not null,
  "name" text not null,
  "state" integer not null,
  "created_at" integer not null,
  "version" integer not null,
  primary key("id")) strict;
create table "workspace_members"(
  "workspace_id" blob not null,
  "user_id" blob not null,
  "role" integer not null,
  "state" integer not null,
  "joined_at" integer not null,
  "rev" integer not null,
  "pos" integer not null,
  primary key("workspace_id","user_id")) strict, without rowid;
create table "workspaces"(
  "id" blob not null,
  "name" text not null,
  "head_rev" integer not null,
  "head_pos" integer not null,
  "member_count" integer not null,
  "owner_count" integer not null,
  "created_by" blob not null,
  "created_at" integer not null,
  "create_hash" text not null,
  primary key("id")) strict;
