-- The time of renewal is stored, which lies before the expiry.
alter table "account" rename column "expires_at" to "renew_at";
