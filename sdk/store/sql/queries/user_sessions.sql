-- A person's live sessions. ?1 user, ?2 now.
select * from sessions where user_id = ?1 and revoked = 0 and expires_at > ?2 order by used_at desc
