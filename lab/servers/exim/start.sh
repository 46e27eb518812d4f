# Exim: one small configuration instead of Debian's.
mkdir -p /etc/exim4 /var/spool/exim4 /var/log/exim4
chown -R Debian-exim: /var/spool/exim4 /var/log/exim4
sed "s/@NAME@/$NAME/g" /lab/exim4.conf >/etc/exim4/exim4.conf
ln -sf exim4/mainlog /var/log/mail.log
sed "s/@NAME@/$NAME/g" /lab/aliases >/etc/aliases
exim4 -bd -q3s
exec sleep infinity
