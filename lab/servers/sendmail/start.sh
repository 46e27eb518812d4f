# Sendmail; it logs by syslog.
mkdir -p /etc/mail /var/spool/mqueue /var/run/sendmail/mta
chmod 700 /var/spool/mqueue
sed "s/@NAME@/$NAME/g" /lab/sendmail.mc >/etc/mail/sendmail.mc
m4 /usr/share/sendmail/cf/m4/cf.m4 /etc/mail/sendmail.mc >/etc/mail/sendmail.cf
printf '%s.test\nmx.%s.test\nlocalhost\n' "$NAME" "$NAME" >/etc/mail/local-host-names
printf '127\n198.51.100.3\n' >/etc/mail/relay-domains
: >/etc/mail/trusted-users
sed "s/^mailer-daemon/MAILER-DAEMON/; s/@NAME@/$NAME/g" /lab/aliases >/etc/mail/aliases
chmod -R go-w /etc
/usr/libexec/sendmail/sendmail -bi
/usr/libexec/sendmail/sendmail -bd -q3s
exec sleep infinity
