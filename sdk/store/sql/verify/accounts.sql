-- An account is an address and a password for somebody who exists.
select 'emails: ' || e.email || ' belongs to nobody, or not to this account' from emails e left join credentials c on c.user_id = e.user_id
  left join users u on u.id = e.user_id where u.id is null or c.email is not e.email
union all
select 'credentials: user ' || lower(hex(c.user_id)) || ' has no address to sign in with' from credentials c
  left join emails e on e.email = c.email where e.user_id is not c.user_id;
