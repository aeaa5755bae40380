-- A person's live sessions, and those that are over.
create index sessions_live on sessions(user_id, expires_at) where revoked = 0;
create index sessions_expiry on sessions(expires_at);
drop index if exists sessions_user;
-- Nobody can use what has expired. It goes a month later, a few for each new one, so that a clock that was wrong for a while ends nothing.
create trigger sessions_over after insert on sessions begin
  delete from sessions where rowid in (select rowid from sessions where expires_at < new.created_at - 30*24*3600*1000 limit 10);
end;
