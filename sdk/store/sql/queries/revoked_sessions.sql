-- Sessions whose access tokens may still be alive although they ended. ?1 now.
select * from sessions where revoked = 1 and expires_at > ?1
