-- A person's live sessions, last used first. ?1 user, ?2 now, ?3 ?4 used_at and id of the page before or null, ?5 limit.
select * from sessions where user_id = ?1 and revoked = 0 and expires_at > ?2 and (?3 is null or (used_at, id) < (?3, ?4))
order by used_at desc, id desc limit ?5
