# Postfix: every mailbox is looked up, and a mail lives for seconds only.
mkdir -p /etc/postfix /var/spool/postfix /var/lib/postfix
chown postfix: /var/lib/postfix
cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
sed "s/@NAME@/$NAME/g" /lab/main.cf /lab/settings >/etc/postfix/main.cf
cp /lab/aliases /etc/aliases
: >/etc/postfix/dynamicmaps.cf
postconf -F '*/*/chroot=n'
postalias /etc/aliases
postfix start
exec sleep infinity
