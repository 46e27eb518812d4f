# OpenSMTPD; it logs by syslog.
mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd /run/opensmtpd
chmod 711 /var/spool/smtpd
sed "s/@NAME@/$NAME/g" /lab/smtpd.conf >/etc/smtpd.conf
sed "s/@NAME@/$NAME/g" /lab/aliases >/etc/aliases
smtpd
exec sleep infinity
